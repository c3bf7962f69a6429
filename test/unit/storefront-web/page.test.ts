// Tables of the page that must agree with the API, and what its policy demands of its files.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { districts } from '../../../storefront-api/domain/districts.ts';

const folder = new URL('../../../storefront-web/html/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

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
