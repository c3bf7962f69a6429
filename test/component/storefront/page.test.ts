// The page in a real browser: what becomes of answers that come late, and of a host without TLS.
import { describe, expect, it } from 'vitest';
import {
  inChromium,
  lacksChromium,
  plainHost,
  seen,
  withPage,
} from '../../support/page-in-chromium.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

describe.skipIf(lacksChromium)(`the page ${inChromium}`, { timeout: 120_000 }, () => {
  const page = withPage(shop);

  it('puts two products into one cart when both are pressed before any cart is there', async () => {
    const { visit } = page;
    const { server, browser } = visit;
    await visit.open();
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const isHeld = (call: string): boolean => call === 'POST /api/cart/lines';
    server.faultOf = (call) => (isHeld(call) ? { type: 'hold', until } : undefined);
    await visit.press(1, 2);
    await expect.poll(() => server.calls.some(isHeld)).toBe(true);
    resolve();
    const isBusy = `document.querySelector('#products [aria-busy=true]') !== null`;
    await browser.until(`!(${isBusy})`);
    expect(await browser.value(seen.lines)).toBe(2);
    await visit.open();
    await browser.until(`${seen.lines} > 0`);
    expect(await browser.value(seen.lines)).toBe(2);
  });

  it('keeps what was put into the cart when the first look at it is answered late', async () => {
    const { visit } = page;
    const { server, browser } = visit;
    const { promise: until, resolve } = Promise.withResolvers<void>();
    server.faultOf = (call) => (call === 'GET /api/cart' ? { type: 'hold', until } : undefined);
    await visit.open();
    await visit.fillCart();
    resolve();
    const answered = `performance.getEntriesByType('resource').some(({ name }) => name.includes('/api/cart?'))`;
    await browser.until(answered);
    await browser.value('new Promise((resolve) => setTimeout(resolve, 100))');
    expect(await browser.value(seen.lines)).toBe(1);
  });

  it('shows the catalogue on a plain http host, where browsers keep back what needs a secure context', async () => {
    await page.visit.open(plainHost);
    expect(await page.visit.browser.value('isSecureContext')).toBe(false);
  });
});
