import { describe, expect, it } from 'vitest';
import { derInteger, derObjectIdentifier, derOctetString } from '../../../../operator/x509/der.ts';

describe('DER', () => {
  it.each([
    ['2.5.4.3', '0603550403'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ])('encodes the object identifier %s', (dotted, hex) => {
    expect(derObjectIdentifier(dotted).toString('hex')).toBe(hex);
  });

  it('keeps an integer with a high first bit positive', () => {
    expect(derInteger(Buffer.from([0x80])).toString('hex')).toBe('02020080');
  });

  it.each([
    [127, '047f'],
    [128, '048180'],
    [300, '0482012c'],
  ])('encodes a length of %i bytes', (size, start) => {
    expect(derOctetString(Buffer.alloc(size)).toString('hex').startsWith(start)).toBe(true);
  });
});
