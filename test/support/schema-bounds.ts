// Every bound in a structural schema as a test case: the value on the bound, the first value beyond it, and the words
// with which the API server refuses the latter. New fields are covered without a new line of test.
import type { StructuralSchema } from '../../crds/structural-schema.ts';

/** A bound of one field. */
export interface BoundCase {
  readonly title: string;
  /** Path from the schema's root; 0 is the first item of a list. */
  readonly path: readonly (string | 0)[];
  readonly within: unknown;
  readonly beyond: unknown;
  readonly message: string;
}

type Bound = Pick<BoundCase, 'within' | 'beyond' | 'message'>;

/** All bounds below a schema. Pure. */
export function boundCases(
  schema: StructuralSchema,
  path: readonly (string | 0)[] = [],
): readonly BoundCase[] {
  const own = [...numberBounds(schema), ...sizeBounds(schema), ...valueBounds(schema)].map(
    (bound) => ({ ...bound, path, title: `${pathText(path)}: ${bound.message}` }),
  );
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    boundCases(child, [...path, name]),
  );
  return [...own, ...below, ...(schema.items ? boundCases(schema.items, [...path, 0]) : [])];
}

/** A path as the API server writes it: `api.env[0].name`. */
export function pathText(path: readonly (string | 0)[]): string {
  return path
    .map((step) => (step === 0 ? '[0]' : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function numberBounds({ minimum, maximum }: StructuralSchema): readonly Bound[] {
  return [
    ...(minimum === undefined
      ? []
      : [
          {
            within: minimum,
            beyond: minimum - 1,
            message: `should be greater than or equal to ${minimum}`,
          },
        ]),
    ...(maximum === undefined
      ? []
      : [
          {
            within: maximum,
            beyond: maximum + 1,
            message: `should be less than or equal to ${maximum}`,
          },
        ]),
  ];
}

function sizeBounds(schema: StructuralSchema): readonly Bound[] {
  const { maxLength, minItems, maxItems, maxProperties } = schema;
  const sized = (size: number | undefined, fill: (size: number) => unknown, message: string) =>
    size === undefined ? [] : [{ within: fill(size), beyond: fill(size + 1), message }];
  const labels = (size: number): unknown =>
    Object.fromEntries(Array.from({ length: size }, (_, index) => [`key-${index}`, 'a']));
  return [
    ...sized(maxLength, (size) => 'a'.repeat(size), `may not be more than ${maxLength}`),
    ...sized(maxItems, (size) => items(schema, size), `must have at most ${maxItems} items`),
    ...sized(maxProperties, labels, `must have at most ${maxProperties} `),
    ...(minItems === undefined || minItems === 0
      ? []
      : [{ within: items(schema, minItems), beyond: [], message: `at least ${minItems} items` }]),
  ];
}

function valueBounds({ enum: values }: StructuralSchema): readonly Bound[] {
  if (values === undefined) return [];
  return [{ within: values[0], beyond: 'Nonsense', message: 'Unsupported value: "Nonsense"' }];
}

function items(schema: StructuralSchema, size: number): readonly unknown[] {
  const item = schema.items?.type === 'object' ? {} : undefined;
  return Array.from({ length: size }, (_, index) => item ?? `item-${index}`);
}
