import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { quantityMillionths } from '../../../../crds/store/resources.ts';
import { storeSpec } from '../../../../crds/store/store.ts';

describe('an amount in millionths', () => {
  it.each([
    [0, 0n],
    [1, 1_000_000n],
    ['1', 1_000_000n],
    ['250m', 250_000n],
    ['0.001', 1_000n],
    ['1.5Gi', 1_610_612_736_000_000n],
    ['1.5G', 1_500_000_000_000_000n],
    ['999999Ti', 999_999n * 2n ** 40n * 1_000_000n],
  ])('%j is %s', (quantity, millionths) => {
    expect(quantityMillionths(quantity)).toBe(millionths);
  });

  it.each(['', 'much', '-1', '1.2345', '1 Gi', '1Pi', '1e3'])('%j is no amount', (quantity) => {
    expect(quantityMillionths(quantity)).toBeUndefined();
  });

  it('orders units as people do', () => {
    const units = ['m', '', 'k', 'Ki', 'M', 'Mi', 'G', 'Gi', 'T', 'Ti'];
    const amount = fc.integer({ min: 1, max: 999_999 });

    fc.assert(
      fc.property(amount, fc.nat({ max: units.length - 2 }), (count, index) => {
        const [smaller = 0n, larger = 0n] = [units[index], units[index + 1]].map((unit) =>
          quantityMillionths(`${count}${unit}`),
        );
        expect(smaller < larger).toBe(true);
      }),
    );
  });
});

describe('the amounts that the messages offer', () => {
  const parsed = (cpu: unknown) =>
    storeSpec.safeParse({
      version: '1.0.0',
      hosts: ['shop.example.com'],
      web: { resources: { requests: { cpu: '1m' }, limits: { cpu } } },
    });

  it('are taken as they would stand in a YAML file', () => {
    const message = parsed('0').error?.issues[0]?.message ?? '';
    const offered = /such as (.+)$/.exec(message)?.[1]?.split(/, | or /) ?? [];
    expect(offered).toHaveLength(3);
    for (const cpu of offered) expect(parsed(parse(cpu)).success, cpu).toBe(true);
  });
});
