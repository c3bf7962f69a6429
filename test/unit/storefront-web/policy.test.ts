// What the page's policy lets a browser load must be what the API takes from staff.
import { describe, expect, it } from 'vitest';
import { importColumns, importPlan } from '../../../storefront-api/domain/product-import.ts';
import { newProduct } from '../../../storefront-api/routes/admin-schemas.ts';
import { pagePolicy } from '../../support/page-server.ts';

/** CSP level 3, section 6.7.2.8, for sources that are 'self' or a scheme. */
function showsPicture(url: string): boolean {
  const [, sources = ''] = /img-src ([^;]*)/.exec(pagePolicy()) ?? [];
  const source = url.startsWith('/') ? `'self'` : new URL(url).protocol;
  return sources.split(' ').includes(source);
}

function importsPicture(url: string): boolean {
  const cells: Readonly<Record<string, string>> = {
    slug: 'mug',
    category: 'home',
    title_en: 'Mug',
    title_bn: 'মগ',
    image_url: url,
    image_width: '800',
    image_height: '600',
    sku: 'MUG',
    price_bdt: '250',
    stock: '3',
  };
  const row = importColumns.map((name) => cells[name] ?? '').join(',');
  return importPlan(`${importColumns.join(',')}\n${row}\n`).errors.length === 0;
}

describe('a picture of a product', () => {
  it.each([
    ['/api/images/mug.svg', true],
    ['https://pictures.example.com/mug.webp', true],
    ['http://pictures.example.com/mug.webp', false],
    ['data:image/svg+xml;base64', false],
    ['blob:https://shop.example.com/1', false],
  ])('at %s: %s, to the API and to the page', (url, isTaken) => {
    const byRoute = newProduct.shape.image.shape.url.safeParse(url).success;
    expect([byRoute, importsPicture(url), showsPicture(url)]).toEqual([isTaken, isTaken, isTaken]);
  });
});
