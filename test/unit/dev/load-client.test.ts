import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { loadClient, type LoadResult } from '../../../dev/load-client.ts';

interface Seen {
  readonly result: LoadResult;
  readonly requests: number;
}

async function loaded(answer: RequestListener): Promise<Seen> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const result = await loadClient()({
      port,
      path: '/{n}',
      connections: 2,
      seconds: 1,
      rate: 50,
    });
    return { result, requests };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Every request gets one answer and is counted once; the last ones may be on their way at the end. */
function expectOneAnswerEach({ result, requests }: Seen): void {
  expect(Object.keys(result.statuses)).toEqual(['200']);
  expect(result.statuses[200]).toBeGreaterThan(10);
  expect(requests - (result.statuses[200] ?? 0)).toBeLessThanOrEqual(2);
}

it('counts answers that say how long they are', async () => {
  expectOneAnswerEach(
    await loaded((_request, response) => {
      response.setHeader('content-length', '5');
      response.end('hello');
    }),
  );
});

it('counts answers in chunks, as a proxy makes them that unpacks what it got', async () => {
  expectOneAnswerEach(
    await loaded((_request, response) => {
      response.write('HTTP/1.1 977 is only text');
      void sleep(2).then(() => response.end('0\r\n\r\n and so is this'));
    }),
  );
});

it('counts answers without content', async () => {
  expectOneAnswerEach(await loaded((_request, response) => response.end()));
});
