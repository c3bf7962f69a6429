// The page in a real browser, in front of a shop whose answer to an order is lost on its way.
import { describe, expect, it } from 'vitest';
import { inChromium, lacksChromium, seen, withPage } from '../../support/page-in-chromium.ts';
import type { ApiFault } from '../../support/page-server.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

describe.skipIf(lacksChromium)(`the page ${inChromium}`, { timeout: 120_000 }, () => {
  const page = withPage(shop);
  const orders = (): Promise<readonly unknown[]> =>
    shop.sql('SELECT number::text FROM orders ORDER BY number');
  /** The fault of the first call like this. */
  const once = (call: string, fault: ApiFault): void => {
    let isLeft = true;
    page.visit.server.faultOf = (now) => {
      if (now !== call || !isLeft) return undefined;
      isLeft = false;
      return fault;
    };
  };

  it.each([{ type: 'lose' }, { type: 'cut' }] as const)(
    'S95 tells the number of an order whose answer was lost, at the next press, and orders once: $type',
    async (fault) => {
      const { visit } = page;
      await visit.open();
      await visit.fillCart();
      once('POST /api/checkout', fault);
      await visit.order('House 7');
      await visit.browser.until(seen.failure);
      expect(await orders()).toHaveLength(1);
      await visit.order('House 7');
      await visit.browser.until(seen.receipt);
      expect(await orders()).toEqual([{ number: await visit.browser.value(seen.number) }]);
      await visit.fillCart();
      expect(await visit.browser.value(seen.receipt)).toBe(false);
      await visit.order('House 7');
      await visit.browser.until(seen.receipt);
      expect(await orders()).toHaveLength(2);
    },
  );

  it.each([
    ['en', /placed already\. Nothing was ordered now/],
    ['bn', /আগেই নেওয়া হয়েছে। এবার নতুন কিছু অর্ডার হয়নি/],
  ])(
    'says so when the order that was placed is not the one that is asked for now: %s',
    async (locale, words) => {
      const { visit } = page;
      const { browser } = visit;
      await visit.open();
      await browser.value(`document.querySelector('[data-locale=${locale}]').click()`);
      await browser.until(
        `document.documentElement.lang === '${locale}' && document.querySelector('#message').textContent === ''`,
      );
      await visit.fillCart();
      once('POST /api/checkout', { type: 'lose' });
      await visit.order('House 7');
      await browser.until(seen.failure);
      await visit.order('House 8');
      await browser.until(`${seen.failure} && ${seen.lines} === 0`);
      expect(await browser.value(seen.message)).toMatch(words);
      await visit.fillCart();
      await visit.order('House 8');
      await browser.until(seen.receipt);
      expect(await orders()).toHaveLength(2);
    },
  );

  it('tells the number of an order although the cart cannot be read afterwards', async () => {
    const { visit } = page;
    await visit.open();
    await visit.fillCart();
    once('GET /api/cart', { type: 'answer', status: 503, code: 'unavailable' });
    await visit.order('House 7');
    await visit.browser.until(`${seen.receipt} || ${seen.failure}`);
    await expect.poll(() => visit.server.calls.at(-1)).toBe('GET /api/cart');
    expect(await orders()).toEqual([{ number: await visit.browser.value(seen.number) }]);
    const due = `document.querySelector('#due').textContent`;
    expect(await visit.browser.value(due)).toMatch(/^৳[\d,.]+$/);
    expect(await visit.browser.value(`[${seen.lines}, ${seen.failure}]`)).toEqual([0, false]);
  });
});
