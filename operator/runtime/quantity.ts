// Quantities have many spellings for one value (`1000m`, `1`, `"1"`), and the API server stores its own spelling.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

const quantityFormat =
  /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,2})?$/;

const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};

const decimalExponent: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** Kubernetes keeps no more than nine digits after the point. */
const nanoDigits = 9;

function scaled(digits: bigint, fractionDigits: number, suffix: string): bigint {
  const unit = binary[suffix];
  const exponent = unit === undefined ? (decimalExponent[suffix] ?? Number(suffix.slice(1))) : 0;
  const shift = nanoDigits + exponent - fractionDigits;
  const value = digits * (unit ?? 1n);
  return shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift);
}

/** The value in units of 10^-9, or undefined when the input is no quantity. */
export function quantityNanos(value: unknown): bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = quantityFormat.exec(String(value));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const nanos = scaled(BigInt(`${whole}${fraction}`), fraction.length, suffix);
  return sign === '-' ? -nanos : nanos;
}

/** True when both are quantities of the same value. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const nanos = quantityNanos(a);
  return nanos !== undefined && nanos === quantityNanos(b);
}
