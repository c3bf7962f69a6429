import { describe, expect, it } from 'vitest';
import { ConfigError, helpText, parseConfig } from '../../../operator/config.ts';

const namespacesOf = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): readonly string[] => {
  const config = parseConfig(args, env);
  return config === 'help' ? [] : config.watchNamespaces;
};

const flag = (value: string): readonly string[] => [`--watch-namespaces=${value}`];

describe('the namespaces that are watched', () => {
  it.each([
    ['all of them by default', [], {}, []],
    ['those of the flag', flag('shop-a,shop-b'), {}, ['shop-a', 'shop-b']],
    ['with spaces between them', flag('shop-a, shop-b '), {}, ['shop-a', 'shop-b']],
    ['those of the environment', [], { WATCH_NAMESPACES: 'shop-a' }, ['shop-a']],
    ['the flag before the environment', flag(''), { WATCH_NAMESPACES: 'shop-a' }, []],
    ['a name as long as can be', flag('a'.repeat(63)), {}, ['a'.repeat(63)]],
  ] as const)('are %s', (_title, args, env, expected) => {
    expect(namespacesOf(args, env)).toEqual(expected);
  });

  it.each([
    ['Shop', '"Shop" is not the name of a namespace'],
    ['shop-a,', '"" is not the name of a namespace'],
    ['shop a', '"shop a" is not the name of a namespace'],
    ['-shop', '"-shop" is not the name of a namespace'],
    ['*', '"*" is not the name of a namespace'],
    ['a'.repeat(64), 'is not the name of a namespace'],
    ['shop-a,shop-b,shop-a', 'shop-a is there twice'],
    [Array.from({ length: 51 }, (_, index) => `shop-${index}`).join(), '51 namespaces'],
  ])('are refused: %s', (value, words) => {
    const parsed = (): unknown => parseConfig(flag(value), {});
    expect(parsed).toThrow(ConfigError);
    expect(parsed).toThrow(`--watch-namespaces: `);
    expect(parsed).toThrow(words);
  });

  it('are explained', () => {
    expect(helpText()).toContain('--watch-namespaces=NAME,NAME');
  });
});
