// Mobile numbers of Bangladesh: 11 digits from 013 to 019 (BTRC numbering plan), stored as E.164.

const banglaZero = '০'.codePointAt(0) ?? 0;
const pattern = /^(?:\+?880|0)(1[3-9]\d{8})$/;

/** `+8801XXXXXXXXX` of what a shopper typed (spaces and hyphens, Bangla digits, with or without +880); else undefined. Pure. */
export function bangladeshPhone(typed: string): string | undefined {
  const digits = typed
    .replaceAll(/[০-৯]/g, (digit) => String((digit.codePointAt(0) ?? 0) - banglaZero))
    .replaceAll(/[\s()-]/g, '');
  const national = pattern.exec(digits)?.[1];
  return national === undefined ? undefined : `+880${national}`;
}
