import { z } from 'zod';
import { canonicalEmail, maxEmailLength } from '../domain/email.ts';
import { locales } from '../domain/locale.ts';
import { passwordLength } from '../domain/password-policy.ts';
import { phone } from './address-schemas.ts';

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
