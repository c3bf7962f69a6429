import { z } from 'zod';
import { districts, type Division, divisions, isDistrictOf } from '../domain/districts.ts';
import { canonicalEmail, maxEmailLength } from '../domain/email.ts';
import { locales } from '../domain/locale.ts';
import { passwordLength } from '../domain/password-policy.ts';
import { bangladeshPhone } from '../domain/phone.ts';

/** Longer ones than the policy allows are read too, so that the policy can say what is wrong; these are not. */
const maxPasswordInput = passwordLength.max * 4;

const email = z
  .email('must be an email address')
  .max(maxEmailLength)
  .transform(canonicalEmail)
  .describe('Upper and lower case make no difference.');
const password = z.string().min(1).max(maxPasswordInput);
const newPassword = password.describe(
  `${passwordLength.min} to ${passwordLength.max} characters of any script; common ones are refused.`,
);
const mailedToken = z
  .string()
  .regex(/^[\w-]{43}$/, 'must be the token of a mail')
  .describe('From the mail.');
const personName = z.string().trim().max(100);
const locale = z.enum(locales);
const phone = z
  .string()
  .max(30)
  .transform((typed, context) => {
    const number = bangladeshPhone(typed);
    if (number !== undefined) return number;
    context.addIssue({ code: 'custom', message: 'must be a mobile number such as 01712345678' });
    return z.NEVER;
  })
  .describe('A mobile number of Bangladesh, with or without +880.');

/** Somebody new. */
export const registerBody = z.strictObject({
  email,
  password: newPassword,
  name: personName.default(''),
  locale: locale.default('en').describe('Language of mails.'),
});

/** Somebody who is known. */
export const loginBody = z.strictObject({ email, password });

/** Somebody who has forgotten. */
export const forgotBody = z.strictObject({ email });

/** Somebody who got the mail. */
export const resetBody = z.strictObject({ token: mailedToken, newPassword });

/** Somebody who shows that the address is theirs. */
export const verifyBody = z.strictObject({ token: mailedToken });

/** Somebody who wants another password. */
export const passwordBody = z.strictObject({ currentPassword: password, newPassword });

/** What to go on with; the refresh token is in a cookie. */
export const tokenReply = z.strictObject({
  accessToken: z.string().describe('For `Authorization: Bearer`.'),
  tokenType: z.literal('Bearer'),
  expiresInSeconds: z.int().min(0),
  sessionExpiresInSeconds: z.int().min(0).describe('Then sign in again.'),
});

/** Said whether or not the address is known. */
export const mailReply = z.strictObject({ status: z.literal('check-your-mail') });

/** Path of one session or address. */
export const idParams = z.strictObject({ id: z.uuid() });

const time = z.iso.datetime();

/** Sign-ins that hold. */
export const sessionList = z.strictObject({
  items: z.array(
    z.strictObject({
      id: z.uuid(),
      device: z.string().describe('Such as "Firefox on Android"; may be empty.'),
      createdAt: time,
      lastUsedAt: time,
      expiresAt: time,
      isCurrent: z.boolean(),
    }),
  ),
});

/** The account of whoever asks. */
export const accountReply = z.strictObject({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  phone: z.string().nullable(),
  locale,
  role: z.enum(['shopper', 'staff']),
  isEmailVerified: z.boolean(),
});

/** What an owner may change; fields that are not there stay as they are. */
export const accountChange = z.strictObject({
  name: personName.optional(),
  phone: phone.nullable().optional(),
  locale: locale.optional(),
});

const placeName = z.string().trim().min(1).max(60);

/** Where to deliver to, as a shopper types it. */
export const addressBody = z
  .strictObject({
    name: personName.min(1).describe('Who receives it.'),
    phone,
    division: z.enum(divisions as [Division, ...Division[]]),
    district: z.string().describe(`Such as ${districts.Dhaka[0]}; one of the division's.`),
    upazila: placeName.describe('Upazila or city thana.'),
    street: z.string().trim().min(1).max(300).describe('House, road, area, landmark.'),
    isDefault: z.boolean().default(false),
  })
  .refine(({ division, district }) => isDistrictOf(division, district), {
    path: ['district'],
    message: 'is not a district of that division',
  });

/** An address of the account. */
export const addressReply = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  phone: z.string(),
  division: z.string(),
  district: z.string(),
  upazila: z.string(),
  street: z.string(),
  isDefault: z.boolean(),
});

/** All of them. */
export const addressList = z.strictObject({ items: z.array(addressReply) });
