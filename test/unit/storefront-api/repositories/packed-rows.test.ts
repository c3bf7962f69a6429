import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  foreignText,
  packedRow,
  packedRows,
  unpackedRows,
} from '../../../../storefront-api/repositories/packed-rows.ts';

const text = fc
  .string({ unit: 'binary' })
  .map((value) => value.replaceAll('\u001E', '').replaceAll('\u001F', ''));

it('gives back every row, whatever else is in it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 2 }), { minLength: 1 }), (rows) => {
      const packed = rows.map((row) => row.join('\u001F')).join('\u001E');
      expect(unpackedRows(packed)).toEqual(rows);
    }),
  );
});

it('has no row where nothing was packed', () => {
  expect(unpackedRows(null)).toEqual([]);
});

it('takes the separators out of texts that people write', () => {
  expect(packedRows(packedRow(['p.id', foreignText('p.title_en')]))).toBe(
    String.raw`string_agg(concat_ws(E'\x1f', p.id, translate(p.title_en, E'\x1e\x1f', '  ')), E'\x1e')`,
  );
});
