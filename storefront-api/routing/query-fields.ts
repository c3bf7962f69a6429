// Schemas for fields that arrive as text. Their `meta.wire` is what the OpenAPI document says of them, since JSON Schema
// cannot express a conversion.
import { z } from 'zod';

/** A field that arrives as text and becomes T. */
export type TextField<T> = z.ZodPipe<
  z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>,
  z.ZodType<T, number>
>;

/** A whole number in decimal digits, within bounds. Signs, spaces, exponents and other digits are refused. */
export function integerText(
  [minimum, maximum]: readonly [minimum: number, maximum: number],
  description: string,
): TextField<number> {
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .meta({ description, wire: { type: 'integer', minimum, maximum } });
}

/** `true` or `false`, nothing else. */
export function flagText(
  description: string,
): z.ZodPipe<
  z.ZodEnum<{ true: 'true'; false: 'false' }>,
  z.ZodTransform<boolean, 'true' | 'false'>
> {
  return z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .meta({ description, wire: { type: 'boolean' } });
}
