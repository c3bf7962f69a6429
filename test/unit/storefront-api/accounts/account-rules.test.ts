import { describe, expect, it } from 'vitest';
import { clientKey } from '../../../../storefront-api/domain/client-key.ts';
import { deviceName } from '../../../../storefront-api/domain/device-name.ts';
import { districts, divisions, isDistrictOf } from '../../../../storefront-api/domain/districts.ts';
import { canonicalEmail } from '../../../../storefront-api/domain/email.ts';
import { phoneNumber } from '../../../../storefront-api/domain/phone-number.ts';
import { registerBody } from '../../../../storefront-api/routes/account-schemas.ts';
import { addressBody } from '../../../../storefront-api/routes/address-schemas.ts';

describe('a client', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:CB00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['203.0.113.9:41234', '203.0.113.9'],
    ['1::2::3', 'unknown'],
    ['x'.repeat(5_000), 'unknown'],
    ['a/b', 'unknown'],
    ['', 'unknown'],
  ])('S44 at %s is %s', (ip, key) => {
    expect(clientKey(ip)).toBe(key);
  });
});

describe('S35 an address of mail', () => {
  it.each([
    ['Rahima@Example.COM', 'rahima@example.com'],
    ['a+b@example.com', 'a+b@example.com'],
    ['a.b@example.com', 'a.b@example.com'],
  ])('%s is the account %s', (typed, email) => {
    const parsed = registerBody.parse({ email: typed, password: 'x' });
    expect(parsed.email).toBe(email);
    expect(canonicalEmail(email)).toBe(email);
  });

  it.each([
    'rahıma@example.com',
    'rahima@exаmple.com',
    'rahima@মেইল.বাংলা',
    'a b@example.com',
    'a@b',
    '"a"@example.com',
    'a@example.com\r\nBcc: b@example.com',
    `${'a'.repeat(250)}@example.com`,
    '@example.com',
    'a@@example.com',
  ])('%j is refused', (typed) => {
    expect(registerBody.safeParse({ email: typed, password: 'x' }).success).toBe(false);
  });
});

describe('a telephone number', () => {
  it.each([
    ['01712345678', '+8801712345678'],
    ['+8801712345678', '+8801712345678'],
    ['8801712345678', '+8801712345678'],
    ['017 1234-5678', '+8801712345678'],
    ['০১৭১২৩৪৫৬৭৮', '+8801712345678'],
    ['01212345678', undefined],
    ['1712345678', undefined],
    ['0171234567', undefined],
    ['017123456789', undefined],
    ['+911712345678', undefined],
    ['+880 0171 2345678', undefined],
    ['', undefined],
  ])('%s is %s', (typed, number) => {
    expect(phoneNumber(typed)).toBe(number);
  });
});

describe('an address', () => {
  const address = {
    name: 'Rahima',
    phone: '01712345678',
    division: 'Dhaka',
    district: 'Gazipur',
    upazila: 'Sreepur',
    street: 'House 1',
  };

  it('lies in a district of its division', () => {
    expect(addressBody.safeParse(address).success).toBe(true);
    const elsewhere = addressBody.safeParse({ ...address, district: 'Sylhet' });
    expect(elsewhere.error?.issues[0]?.path).toEqual(['district']);
  });

  it('has the choice of 8 divisions and 64 districts', () => {
    const all = Object.values(districts).flat();
    expect([divisions.length, all.length, new Set(all).size]).toEqual([8, 64, 64]);
    expect(isDistrictOf('Dhaka', 'Dhaka')).toBe(true);
  });
});

describe('a device', () => {
  it.each([
    [
      'Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox on Windows',
    ],
    ['curl/8.5.0', ''],
    ['<script>', ''],
    ['', ''],
  ])('%s is called "%s"', (header, name) => {
    expect(deviceName(header)).toBe(name);
  });
});
