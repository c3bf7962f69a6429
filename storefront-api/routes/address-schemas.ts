// Addresses as they are typed: the ones that an account keeps and the one that an order goes to are checked alike.
import { z } from 'zod';
import { addressLimits } from '../domain/address.ts';
import { districts, type Division, divisions, isDistrictOf } from '../domain/districts.ts';
import { maxPhoneTextLength, phoneNumber } from '../domain/phone-number.ts';

/** A mobile number in one of its spellings; becomes the stored one. */
export const phone = z
  .string()
  .max(maxPhoneTextLength)
  .transform((text, context) => {
    const number = phoneNumber(text);
    if (number !== undefined) return number;
    context.addIssue('must be a mobile number of Bangladesh such as 01712345678 or +8801712345678');
    return z.NEVER;
  })
  .meta({ wire: { type: 'string', maxLength: maxPhoneTextLength } })
  .describe('Mobile number; 01712345678, +880 1712-345678 and Bengali digits are fine.');

/** A text that says something: trimmed, not empty. */
function words(maximum: number): z.ZodString {
  return z.string().trim().min(1).max(maximum);
}

const fields = {
  name: words(addressLimits.name).describe('Who receives it.'),
  phone,
  division: z.enum(divisions as [Division, ...Division[]]),
  district: words(addressLimits.place).describe(
    `Such as ${districts.Dhaka[0]}; one of the division's.`,
  ),
  upazila: words(addressLimits.place).describe('Upazila or city thana.'),
  street: words(addressLimits.street).describe('House, road, area, landmark.'),
};

const isPlace = ({ division, district }: { division: Division; district: string }): boolean =>
  isDistrictOf(division, district);
const noPlace = { path: ['district'], message: 'is not a district of that division' };

/** Where an order goes. */
export const addressInput = z.strictObject(fields).refine(isPlace, noPlace);

/** An address to keep. */
export const addressBody = z
  .strictObject({ ...fields, isDefault: z.boolean().default(false) })
  .refine(isPlace, noPlace);
