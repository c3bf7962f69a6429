import { describe, expect, it } from 'vitest';
import { isAmount } from '../../../storefront-api/domain/money.ts';
import { seedCategories } from '../../../storefront-api/seed/categories.ts';
import { seedPictures, seedProducts } from '../../../storefront-api/seed/products.ts';

const bengali = /[\u0980-\u09FF]/;

describe('the demonstration catalogue', () => {
  it('holds at least forty products in known categories', () => {
    const paths = new Set(seedCategories.map(({ path }) => path));
    expect(seedProducts.length).toBeGreaterThanOrEqual(40);
    expect(seedProducts.filter(({ categoryPath }) => !paths.has(categoryPath))).toEqual([]);
  });

  it('is written in both languages, with whole prices and different SKUs', () => {
    for (const { title, description, variants } of seedProducts) {
      expect(title.bn).toMatch(bengali);
      expect(description.bn).toMatch(bengali);
      expect(title.en).not.toMatch(bengali);
      expect(variants.every(({ priceMinor }) => isAmount(priceMinor))).toBe(true);
    }
    const skus = seedProducts.flatMap(({ variants }) => variants.map(({ sku }) => sku));
    expect(new Set(skus).size).toBe(skus.length);
  });

  it('has a small picture for each product that needs no style or script', () => {
    for (const { image } of seedProducts) {
      const svg = seedPictures.get(image.url.replace('/api/images/', '')) ?? '';
      expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 480 480"/);
      expect(svg).not.toMatch(/style|script|href|on\w+=|<text/);
      expect(svg.length).toBeLessThan(4_096);
    }
    expect(new Set(seedPictures.values()).size).toBe(seedProducts.length);
  });
});
