// The page of a file's shop in a real browser, and what a shopper does there. Each test begins without cookies and without a
// kept language.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Browser, findChromium } from './browser.ts';
import { type FaultOf, type PageServer, servePageOf } from './page-server.ts';
import type { Shop } from './with-shop.ts';

/** A name of the page's host that no browser takes for this machine's own; plain http there is no secure context. */
export const plainHost = 'shop.example.com';
/** Title of a group of tests that need a browser. */
export const inChromium = `in Chromium${findChromium() ? '' : ' (skipped: not installed)'}`;
/** For `skipIf`. */
export const lacksChromium = findChromium() === undefined;

/** Expressions for `Browser.until` and `Browser.value`. */
export const seen = {
  catalogue: `document.querySelectorAll('#products li').length === 24`,
  lines: `document.querySelectorAll('#lines li').length`,
  failure: `document.querySelector('#message.wrong:not(:empty)') !== null`,
  message: `document.querySelector('#message').textContent`,
  receipt: `!document.querySelector('#placed').hidden`,
  number: `document.querySelector('#number').textContent`,
} as const;

/** Somebody at the page. */
export class PageVisit {
  readonly server: PageServer;
  readonly browser: Browser;

  constructor(server: PageServer, browser: Browser) {
    this.server = server;
    this.browser = browser;
  }

  /** Opens the page and waits for its catalogue. */
  async open(host = '127.0.0.1'): Promise<void> {
    await this.browser.open(`http://${host}:${this.server.port}/`, [1280, 800]);
    await this.browser.until(seen.catalogue);
  }

  /** Presses the buttons of products, by their places in the list, without waiting between them. */
  async press(...places: readonly number[]): Promise<void> {
    const buttons = places.map((place) => `#products li:nth-child(${place}) button`);
    await this.browser.value(
      `for (const one of ${JSON.stringify(buttons)}) document.querySelector(one).click()`,
    );
  }

  /** Puts one product into an empty cart. */
  async fillCart(): Promise<void> {
    await this.press(1);
    await this.browser.until(`${seen.lines} === 1`);
  }

  /** Fills the form in and presses its button. */
  async order(street: string): Promise<void> {
    await this.browser.value(`document.querySelector('#message').textContent = '';
      for (const [name, value] of Object.entries(
        { name: 'Rahima', phone: '01712-345678', upazila: 'Savar', street: '${street}' }))
        document.forms.order.elements[name].value = value;
      document.forms.order.requestSubmit()`);
  }
}

const noFault: FaultOf = () => undefined;

/** Starts page and browser before the tests of a group. One press is enough for each product: it has one variant to buy. */
export function withPage(shop: Shop): { readonly visit: PageVisit } {
  let visit: PageVisit | undefined;
  const started = (): PageVisit => {
    if (visit === undefined) throw new Error('the page is not there yet');
    return visit;
  };
  beforeAll(async () => {
    await shop.sql(`UPDATE variants SET stock = CASE
      WHEN id IN (SELECT min(id) FROM variants GROUP BY product_id) THEN 500 ELSE 0 END`);
    const flags = [`--host-resolver-rules=MAP ${plainHost} 127.0.0.1`];
    const browser = await Browser.start(findChromium() ?? '', { flags });
    visit = new PageVisit(await servePageOf(shop.api), browser);
  });
  afterAll(async () => {
    await visit?.browser.stop();
    await visit?.server.stop();
  });
  beforeEach(async () => {
    const { server, browser } = started();
    server.faultOf = noFault;
    await browser.send('Page.navigate', { url: 'about:blank' });
    const origin = `http://127.0.0.1:${server.port}`;
    await browser.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
    await shop.sql('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
  });
  return {
    get visit() {
      return started();
    },
  };
}
