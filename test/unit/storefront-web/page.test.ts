// Tables of the page that must agree with the API, and what its policy demands of its files.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { districts } from '../../../storefront-api/domain/districts.ts';

const folder = new URL('../../../storefront-web/html/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

const api = new URL('../../../storefront-api/', import.meta.url);
/** Modules whose problems only somebody who is signed in, or a member of staff, can meet. */
const notOfThePage =
  /^(accounts|mail)\/|^routes\/(admin|me|orders|addresses|registration|sign-in|version-tag)/;
/** Problems without a sentence of their own, and why. */
const saidOtherwise: Readonly<Record<string, string>> = {
  maintenance: 'comes with the words of the owner',
  'content-too-large': 'no request of the page is',
  forbidden: 'the page is not of another site',
  'headers-too-large': 'as before',
  'internal-error': 'nothing is known but that it failed',
  'method-not-allowed': 'the page asks as the API wants it',
  'misdirected-request': 'the page is served for the same hosts',
  'request-timeout': 'the next attempt may pass',
  unauthorized: 'the page sends no credentials',
  'unsupported-media-type': 'the page sends JSON',
};

/** Codes of all problems that the page's requests can meet, read from the API's source. */
function problemCodes(): readonly string[] {
  const modules = globSync('**/*.ts', { cwd: api }).filter((name) => !notOfThePage.test(name));
  const codes = modules.flatMap((name) => {
    const text = readFileSync(new URL(name, api), 'utf8');
    return [...text.matchAll(/(?:conflict\(\s*|\[?\d{3},\s*)'([a-z-]+)'/g)].map(
      ([, code]) => code ?? '',
    );
  });
  return [...new Set(codes)].toSorted();
}

interface Words {
  readonly words: Readonly<Record<'en' | 'bn', Readonly<Record<string, string>>>>;
  readonly taka: (minor: number, locale: string) => string;
}

describe('the page', () => {
  it('knows the districts that the API takes', async () => {
    const page = (await import(new URL('districts.js', folder).href)) as {
      readonly districts: Readonly<Record<string, string>>;
    };
    const lists = Object.entries(page.districts).map(([name, text]) => [name, text.split(',')]);
    expect(Object.fromEntries(lists)).toEqual(districts);
  });

  it('says everything in both languages', async () => {
    const { words } = (await import(new URL('words.js', folder).href)) as Words;
    expect(Object.keys(words.bn)).toEqual(Object.keys(words.en));
    for (const text of Object.values(words.bn)) expect(text).toMatch(/[\u0980-\u09FF]/u);
    const used = [...textOf('index.html').matchAll(/data-word="(\w+)"/g)].map(([, name]) => name);
    expect(used.filter((name) => !Object.hasOwn(words.en, name ?? ''))).toEqual([]);
  });

  it('has a sentence for each problem with which the API answers it', async () => {
    const { words } = (await import(new URL('words.js', folder).href)) as Words;
    const unsaid = problemCodes().filter((code) => !Object.hasOwn(words.en, code));
    expect(unsaid).toEqual(Object.keys(saidOtherwise).toSorted());
  });

  it('shows poisha as taka', async () => {
    const { taka } = (await import(new URL('words.js', folder).href)) as Words;
    expect([taka(125_000, 'en'), taka(125_050, 'en')]).toEqual(['৳1,250', '৳1,250.50']);
    expect(taka(125_000, 'bn')).toBe('১,২৫০৳');
  });

  it('holds nothing that its policy forbids: no inline script or style, nothing from elsewhere', () => {
    expect(textOf('index.html')).not.toMatch(/<script(?![^>]* src="\/)|<style|\sstyle=|\son\w+=/);
    for (const name of readdirSync(folder)) {
      const text = textOf(name).replace('http://www.w3.org/2000/svg', '');
      expect(text).not.toMatch(/https?:\/\/\w|innerHTML|insertAdjacentHTML|eval\(/);
    }
  });
});
