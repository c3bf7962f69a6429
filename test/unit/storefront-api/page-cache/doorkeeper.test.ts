import { expect, it } from 'vitest';
import { Doorkeeper } from '../../../../storefront-api/page-cache/doorkeeper.ts';

it('knows what was asked for lately', () => {
  const doorkeeper = new Doorkeeper();
  expect(doorkeeper.hasSeen('a')).toBe(false);
  for (let n = 0; n < 1_000; n += 1) doorkeeper.hasSeen(`k${n}`);
  expect(doorkeeper.hasSeen('a')).toBe(true);
});

it('forgets what was asked for long ago', () => {
  const doorkeeper = new Doorkeeper();
  doorkeeper.hasSeen('a');
  for (let n = 0; n < 3_000; n += 1) doorkeeper.hasSeen(`k${n}`);
  expect(doorkeeper.hasSeen('a')).toBe(false);
});
