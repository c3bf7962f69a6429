// The few ASN.1 DER encodings an X.509 certificate is made of (ITU-T X.690). Node can sign and read certificates but not
// write them (docs/adr/0014).

const SHORT_LENGTH_LIMIT = 0x80;

/** One DER value: tag, length, content. Pure. */
export function derValue(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), derLength(body.length), body]);
}

function derLength(length: number): Buffer {
  if (length < SHORT_LENGTH_LIMIT) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) digits.unshift(rest & 0xff);
  return Buffer.from([SHORT_LENGTH_LIMIT | digits.length, ...digits]);
}

/** SEQUENCE of the given values. Pure. */
export function derSequence(...content: readonly Buffer[]): Buffer {
  return derValue(0x30, ...content);
}

/** SET of the given values, which the caller has put in DER order. Pure. */
export function derSet(...content: readonly Buffer[]): Buffer {
  return derValue(0x31, ...content);
}

/** INTEGER from big-endian bytes; a zero byte keeps a high first bit from meaning "negative". Pure. */
export function derInteger(bytes: Buffer): Buffer {
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return derValue(0x02, negative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** BIT STRING with no unused bits unless told. Pure. */
export function derBitString(bytes: Buffer, unusedBits = 0): Buffer {
  return derValue(0x03, Buffer.from([unusedBits]), bytes);
}

/** OCTET STRING. Pure. */
export function derOctetString(bytes: Buffer): Buffer {
  return derValue(0x04, bytes);
}

/** OBJECT IDENTIFIER from its dotted form, such as `2.5.4.3`. Pure. */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return derValue(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = arc >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** UTF8String. Pure. */
export function derUtf8String(text: string): Buffer {
  return derValue(0x0c, Buffer.from(text, 'utf8'));
}

/** BOOLEAN true; DER leaves a default of false out altogether. Pure. */
export function derTrue(): Buffer {
  return derValue(0x01, Buffer.from([0xff]));
}

/** UTCTime, which RFC 5280 demands for years before 2050. Pure. */
export function derUtcTime(time: Date): Buffer {
  const digits = time.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return derValue(0x17, Buffer.from(`${digits}Z`, 'ascii'));
}
