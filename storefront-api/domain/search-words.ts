// Search in English and Bangla without a dictionary: both the catalogue and the question become words in one normal
// form, and each word of the question must begin a word of the product. The split is done here, not by the database,
// because its word rules depend on the locale it was created with and may cut Bangla at the vowel signs.
import type { BilingualText } from './catalogue.ts';

/** Most words of one question that count; the rest is ignored. */
export const maxSearchWords = 8;

/** Zero-width joiners change how Bangla looks, not what it says; keyboards put them in different places. */
const zeroWidth = /[\u200B-\u200D\uFEFF]/gu;
const notWord = /[^\p{L}\p{M}\p{N}]+/u;
const bengaliDigit = /[\u09E6-\u09EF]/gu;
const bengaliZero = 0x09e6;

/** Words of a text: compatibility form, lower case, Latin digits, without joiners. Pure. */
export function searchWords(text: string): readonly string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(zeroWidth, '')
    .replace(bengaliDigit, (digit) => String((digit.codePointAt(0) ?? bengaliZero) - bengaliZero))
    .split(notWord)
    .filter((word) => word !== '');
}

/** The different words of some texts: what is stored with a product. Pure. */
export function distinctSearchWords(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap(searchWords))];
}

/**
 * A question as PostgreSQL's `tsquery`: every word must begin some word of the product. Words hold letters, marks and
 * digits only, so quoting them is enough. Empty when the question holds no word. Pure.
 */
export function searchQuery(question: string): string {
  return searchWords(question)
    .slice(0, maxSearchWords)
    .map((word) => `'${word}':*`)
    .join(' & ');
}

/** Words that a product is found by; the same for a seed, a form and an import. Pure. */
export function productWords(texts: {
  readonly title: BilingualText;
  readonly description: BilingualText;
}): readonly string[] {
  const { title, description } = texts;
  return distinctSearchWords([title.en, title.bn, description.en, description.bn]);
}
