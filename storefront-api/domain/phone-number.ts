// Mobile numbers of Bangladesh in the spellings that people type, and the one that is stored.

/** What stands between the digits: spaces, hyphens, dots, brackets. */
const separators = /[\s().-]/gu;
const bengaliDigit = /[\u09E6-\u09EF]/gu;
const bengaliZero = 0x09e6;

/** Longest text that is looked at. */
export const maxPhoneTextLength = 30;

/**
 * Country code 880 in one of its spellings (or the trunk prefix 0), then the national number: 1, an operator's digit
 * from 3 to 9, eight digits (ITU E.164 and the numbering plan of the BTRC).
 */
const mobile = /^(?:\+880|00880|880|0)(1[3-9]\d{8})$/;

/**
 * A number as `+8801712345678`. Accepts `01712-345678`, `+880 1712 345678`, `008801712345678` and Bengali digits. Pure.
 * @returns undefined when it is no mobile number of Bangladesh
 */
export function phoneNumber(text: string): string | undefined {
  if (text.length > maxPhoneTextLength) return undefined;
  const plain = text
    .replace(bengaliDigit, (digit) => String((digit.codePointAt(0) ?? bengaliZero) - bengaliZero))
    .replace(separators, '');
  const national = mobile.exec(plain)?.[1];
  return national === undefined ? undefined : `+880${national}`;
}
