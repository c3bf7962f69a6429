// The page in a real browser, in front of a shop whose answer to an order is lost on its way.
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Browser, findChromium } from '../../support/browser.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();
const chromium = findChromium();
const folder = new URL('../../../storefront-web/html/', import.meta.url);
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** Answers to checkouts that are still to be lost. */
let toLose = 0;

function servePage(url: string, response: ServerResponse): void {
  if (url === '/config.json') {
    response.end('{ "apiBaseUrl": "/api" }');
    return;
  }
  const name = url === '/' ? 'index.html' : url.slice(1);
  response.setHeader('content-type', types[extname(name)] ?? 'text/plain');
  response.end(readFileSync(new URL(name, folder)));
}

/** Hands a request on to the API. A lost answer becomes the 504 of a gateway that has waited long enough. */
function handOn(request: IncomingMessage, response: ServerResponse): void {
  const { url = '', method = '', headers } = request;
  const isLost = url.startsWith('/api/checkout') && toLose > 0;
  if (isLost) toLose -= 1;
  const options = { host: '127.0.0.1', port: shop.api.port, path: url, method, headers };
  const asked = httpRequest(options, (answer) => {
    if (isLost) {
      answer.resume().on('end', () => response.writeHead(504).end('Gateway Timeout'));
      return;
    }
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  request.pipe(asked);
}

describe.skipIf(chromium === undefined)(
  `the page in Chromium${chromium ? '' : ' (skipped: not installed)'}`,
  { timeout: 120_000 },
  () => {
    let gateway: Server;
    let browser: Browser;
    beforeAll(async () => {
      gateway = createServer((request, response) => {
        if (request.url?.startsWith('/api/')) handOn(request, response);
        else servePage(request.url ?? '', response);
      });
      await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
      browser = await Browser.start(chromium ?? '');
    });
    afterAll(async () => {
      await browser?.stop();
      gateway?.closeAllConnections();
      gateway?.close();
    });
    beforeEach(async () => {
      await shop.sql('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
      const { port } = gateway.address() as AddressInfo;
      await browser.open(`http://127.0.0.1:${port}/`, [1280, 800]);
      await browser.until(`document.querySelectorAll('#products li').length === 24`);
    });

    const putInCart = async (): Promise<void> => {
      const card = `document.querySelector('#products li:has(button:not(:disabled))')`;
      await browser.value(`${card}.querySelector('button').click()`);
      await browser.until(`document.querySelector('#products select, #lines li') !== null`);
      await browser.value(`document.querySelector('#products div:has(select) + button')?.click()`);
      await browser.until(`document.querySelector('#lines li') !== null`);
    };
    const order = (street: string): Promise<unknown> =>
      browser.value(`document.querySelector('#message').textContent = '';
        for (const [name, value] of Object.entries(
          { name: 'Rahima', phone: '01712-345678', upazila: 'Savar', street: '${street}' }))
          document.forms.order.elements[name].value = value;
        document.forms.order.requestSubmit()`);
    const failed = (): Promise<void> =>
      browser.until(`document.querySelector('#message.wrong')?.textContent.length > 0`);
    const isPlaced = `!document.querySelector('#placed').hidden`;
    const orders = (): Promise<readonly unknown[]> =>
      shop.sql('SELECT number::text FROM orders ORDER BY number');

    it('S95 tells the number of an order whose answer was lost, at the next press, and orders once', async () => {
      await putInCart();
      toLose = 1;
      await order('House 7');
      await failed();
      expect(await orders()).toHaveLength(1);
      await order('House 7');
      await browser.until(isPlaced);
      const number = await browser.value(`document.querySelector('#number').textContent`);
      expect(await orders()).toEqual([{ number }]);
      await putInCart();
      await order('House 7');
      await browser.until(isPlaced);
      expect(await orders()).toHaveLength(2);
    });

    it('says so when the order that was placed is not the one that is asked for now', async () => {
      await putInCart();
      toLose = 1;
      await order('House 7');
      await failed();
      await order('House 8');
      await browser.until(`document.querySelector('#message').textContent.includes('already')`);
      await browser.until(`document.querySelectorAll('#lines li').length === 0`);
      await putInCart();
      await order('House 8');
      await browser.until(isPlaced);
      expect(await orders()).toHaveLength(2);
    });
  },
);
