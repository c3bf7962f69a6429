// A hash sign stands for the S of a number: these texts must not be taken for names of tests that prove something.
import { describe, expect, it } from 'vitest';
import { securityAreas } from '../../../dev/security/cases.ts';
import { numbersIn, securityTable, testedCases } from '../../../dev/security/write-table.ts';

const numbered = (text: string): string => text.replaceAll('#', 'S');
const file = (text: string): ReadonlyMap<string, string> =>
  new Map([['test/unit/a.test.ts', numbered(text)]]);
const cases = securityAreas.flatMap((area) => area.cases);

/** A file that names every case that has no reason to be without a test. */
const complete = cases
  .filter(({ untested }) => untested === undefined)
  .map(({ id }) => `it('${id} holds', () => {});`)
  .join('\n');

describe('a title', () => {
  it.each([
    ['#01 one', ['#01']],
    ['#07 #12 two', ['#07', '#12']],
    ['#09–#11 a range', ['#09', '#10', '#11']],
    ['#84 - #85 a range', ['#84', '#85']],
    ['#1 too short', []],
    ['X#12 of another kind', []],
    ['nothing', []],
  ])('"%s" names %j', (title, numbers) => {
    expect(numbersIn(numbered(title))).toEqual(numbers.map(numbered));
  });
});

describe('the cases that are tested', () => {
  it('are found in titles of any quotes and in rows, once for each file', () => {
    const text =
      "it('#01 a')\ndescribe(\"#02 b\")\nit(`#03 c ${d}`)\n['#01', 1]\n// #04 e\nit('not #05')";
    expect([...testedCases(file(text))].map(([id]) => id)).toEqual(
      ['#01', '#02', '#03'].map(numbered),
    );
    const both = new Map([
      ['b', numbered("'#01 x' '#01 y'")],
      ['a', numbered("'#01 z'")],
    ]);
    expect(testedCases(both).get(numbered('#01'))).toEqual(['a', 'b']);
  });
});

describe('the table', () => {
  it('has every case, each with its tests or its reason', () => {
    const text = securityTable(file(complete));
    for (const { id, title, untested } of cases) {
      const row = text.split('\n').find((line) => line.startsWith(`| ${id} | ${title} |`));
      expect(row).toContain(untested ?? '[unit/a.test.ts](../test/unit/a.test.ts)');
    }
  });

  it('numbers its cases from 01 to 96 without a gap', () => {
    const ids = Array.from({ length: 96 }, (_, at) => `#${String(at + 1).padStart(2, '0')}`);
    expect(cases.map(({ id }) => id)).toEqual(ids.map(numbered));
  });

  it.each([
    [
      'a case with neither test nor reason',
      '#16 holds',
      '#-- holds',
      '#16 has no test and no reason',
    ],
    ['a reason for what is tested', '#01 holds', '#01 #75 hold', '#75 is tested: take its reason'],
    ['a number that no case has', '#01 holds', '#01 #97 hold', '#97 is no case'],
  ])('refuses %s', (_, from, to, message) => {
    const text = complete.replace(numbered(from), numbered(to));
    expect(() => securityTable(file(text))).toThrow(numbered(message));
  });
});
