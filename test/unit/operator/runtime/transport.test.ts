import { describe, expect, it } from 'vitest';
import { aTransport, failureOf, get, json, token } from '../../../support/a-transport.ts';

describe('the transport', () => {
  it('sends and reads plain JSON over connections that are kept', async () => {
    const { transport, seen, sockets } = await aTransport((response) => json(response, { a: 1 }));
    const query = { labelSelector: 'a=b,c' };
    await expect(transport.request({ ...get, query })).resolves.toEqual({ a: 1 });
    await transport.request({ method: 'POST', path: '/x', body: { from: ['_from'] } });
    expect(seen.map(({ line, body }) => [line, body])).toEqual([
      ['GET /api/v1/pods?labelSelector=a%3Db%2Cc', ''],
      ['POST /x', '{"from":["_from"]}'],
    ]);
    expect(seen[0]?.headers).toMatchObject({
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'user-agent': 'operator',
    });
    for (let count = 0; count < 20; count += 1) await transport.request(get);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it.each([
    ['apply', 'application/apply-patch+yaml'],
    ['merge', 'application/merge-patch+json'],
    ['json', 'application/json-patch+json'],
  ] as const)('names the content of a patch: %s', async (patchType, contentType) => {
    const { transport, seen } = await aTransport((response) => json(response, {}));
    await transport.request({ method: 'PATCH', path: '/x', patchType, body: {} });
    expect(seen[0]?.headers['content-type']).toBe(contentType);
  });

  it('resolves to nothing for an empty answer', async () => {
    const { transport } = await aTransport((response) => json(response, ''));
    await expect(transport.request(get)).resolves.toBeUndefined();
  });

  it.each([401, 429, 500, 503, 504])('tries %i again, at most three times', async (code) => {
    const { transport, seen, finished } = await aTransport((response) => json(response, {}, code));
    await expect(failureOf(transport.request(get))).resolves.toMatchObject({ code });
    expect(seen).toHaveLength(3);
    expect(finished).toEqual([`GET ${code}`, `GET ${code}`, `GET ${code}`]);
  });

  it.each([400, 403, 404, 409, 410, 422])('does not try %i again', async (code) => {
    const { transport, seen } = await aTransport((response) => json(response, {}, code));
    await failureOf(transport.request(get));
    expect(seen).toHaveLength(1);
  });

  it.each([
    [{ method: 'POST', path: '/x', body: {} }, 1],
    [{ ...get, tries: 1 }, 1],
    [{ method: 'DELETE', path: '/x' }, 3],
    [{ method: 'POST', path: '/x', body: {}, tries: 2 }, 2],
  ] as const)('tries %j %i times', async (request, times) => {
    const { transport, seen } = await aTransport((response) => json(response, {}, 503));
    await failureOf(transport.request(request));
    expect(seen).toHaveLength(times);
  });

  it('tries again after a reset, and ends well', async () => {
    const { transport, finished } = await aTransport((response, request, index) => {
      if (index === 0) request.socket.destroy();
      else json(response, { ok: true });
    });
    await expect(transport.request(get)).resolves.toEqual({ ok: true });
    expect(finished).toEqual(['GET 0', 'GET 200']);
  });

  it('waits as long as Retry-After says, up to its bound', async () => {
    const { transport } = await aTransport(
      (response, _request, index) =>
        index === 0 ? json(response, {}, 429, { 'retry-after': '3600' }) : json(response, {}),
      { settings: { retryAfterMaxMs: 150 } },
    );
    const started = performance.now();
    await transport.request(get);
    expect(performance.now() - started).toBeGreaterThanOrEqual(140);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('tells the words, reason, details and Retry-After of the API server', async () => {
    const details = { name: 'web', causes: [{ reason: 'FieldManagerConflict', field: '.spec' }] };
    const { transport } = await aTransport((response) =>
      json(
        response,
        { kind: 'Status', reason: 'Conflict', message: 'it was changed', details },
        409,
        { 'retry-after': '7' },
      ),
    );
    const error = await failureOf(transport.request(get));
    expect(error).toMatchObject({ origin: 'http', code: 409, reason: 'Conflict', details });
    expect(error.retryAfterMs).toBe(7_000);
    expect(error.message).toBe('GET /api/v1/pods: 409 Conflict: it was changed');
  });

  it('tells of no Retry-After beyond its bound, so that nobody waits longer', async () => {
    const { transport } = await aTransport((response) =>
      json(response, {}, 429, { 'retry-after': '3600' }),
    );
    const error = await failureOf(transport.request({ ...get, tries: 1 }));
    expect(error.retryAfterMs).toBe(30_000);
  });

  it.each([
    ['a page of a proxy', '<html>secret page</html>', 502, 'HTTP502'],
    ['JSON that is no Status', '"secret"', 403, 'Forbidden'],
    ['nothing', '', 404, 'NotFound'],
  ])('does not repeat %s', async (_what, body, code, reason) => {
    const { transport } = await aTransport((response) => json(response, body, code));
    const error = await failureOf(transport.request({ ...get, tries: 1 }));
    expect(error).toMatchObject({ code, reason });
    expect(error.message).not.toContain('secret');
  });

  it('puts neither token nor body into a message', async () => {
    const { transport } = await aTransport((response, request, index) =>
      index === 0 ? json(response, { kind: 'Status' }, 422) : request.socket.destroy(),
    );
    for (let count = 0; count < 2; count += 1) {
      const body = { password: 'my-password' };
      const error = await failureOf(transport.request({ method: 'POST', path: '/x', body }));
      expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/my-password|secret-token/);
    }
  });

  it('gives up on headers that do not come, and tries again', async () => {
    const { transport, seen } = await aTransport(() => undefined, {
      settings: { headersTimeoutMs: 100, maxTries: 2 },
    });
    const error = await failureOf(transport.request(get));
    expect(error).toMatchObject({ origin: 'timeout', code: 0, reason: 'RequestTimeout' });
    expect(seen).toHaveLength(2);
    await expect(
      failureOf(transport.request({ ...get, timeoutMs: 50, tries: 1 })),
    ).resolves.toMatchObject({ origin: 'timeout' });
  });

  it('gives up on a body that stops', async () => {
    const { transport } = await aTransport(
      (response) => {
        response.writeHead(200);
        response.write('{"a":');
      },
      { settings: { bodyTimeoutMs: 100 } },
    );
    const error = await failureOf(transport.request({ ...get, tries: 1 }));
    expect(error).toMatchObject({ origin: 'timeout' });
  });

  it('takes a body up to its bound and no byte more', async () => {
    const { transport, seen } = await aTransport(
      (response, _request, index) => json(response, `"${'x'.repeat(98 + index)}"`),
      { settings: { maxBodyBytes: 100 } },
    );
    await expect(transport.request(get)).resolves.toHaveLength(98);
    const error = await failureOf(transport.request(get));
    expect(error).toMatchObject({ origin: 'protocol' });
    expect(seen).toHaveLength(2);
  });

  it('does not try an answer again that is not JSON', async () => {
    const { transport, seen } = await aTransport((response) => json(response, '<html>'));
    await expect(failureOf(transport.request(get))).resolves.toMatchObject({ origin: 'protocol' });
    expect(seen).toHaveLength(1);
  });

  it('forgets its credentials after 401', async () => {
    const { transport, forgotten } = await aTransport((response, _request, index) =>
      json(response, {}, index === 0 ? 401 : 200),
    );
    await transport.request(get);
    expect(forgotten()).toBe(1);
  });

  it('tells what to do when the credentials cannot be read', async () => {
    const { transport } = await aTransport((response) => json(response, {}), {
      access: {
        server: 'http://127.0.0.1:1',
        kubeConfig: undefined as never,
        credentials: () => Promise.reject(new Error(token)),
        forget: () => undefined,
      },
    });
    const error = await failureOf(transport.request({ ...get, tries: 1 }));
    expect(error.reason).toBe('CredentialsFailed');
    expect(error.message).not.toContain(token);
  });

  it('asks the fence before each try of each write, except those of the lease', async () => {
    let mayWrite = true;
    let asked = 0;
    const fence = (): void => {
      asked += 1;
      if (!mayWrite) throw new Error('not leading');
    };
    const { transport, seen } = await aTransport(
      (response) => {
        mayWrite = false;
        json(response, {}, 503);
      },
      { fence },
    );
    const write = { method: 'PATCH', path: '/x', patchType: 'merge', body: {} } as const;
    await expect(transport.request(write)).rejects.toThrow('not leading');
    expect([seen.length, asked]).toEqual([1, 2]);
    await failureOf(transport.request({ ...write, unfenced: true, tries: 1 }));
    await failureOf(transport.request({ ...get, tries: 1 }));
    expect([seen.length, asked]).toEqual([3, 2]);
  });

  it('ends a request, and the wait for its next try, when its signal aborts', async () => {
    const [stop, later] = [new AbortController(), new AbortController()];
    const { transport, seen } = await aTransport((response, _request, index) => {
      if (index === 0) return stop.abort();
      // Far less than the 30 s, and time enough for the answer to arrive.
      response.on('finish', () => setTimeout(() => later.abort(), 250));
      json(response, {}, 503, { 'retry-after': '30' });
    });
    const error = await failureOf(transport.request({ ...get, signal: stop.signal }));
    expect(error.origin).toBe('aborted');
    await expect(
      failureOf(transport.request({ ...get, signal: later.signal })),
    ).resolves.toMatchObject({ code: 503 });
    expect(seen).toHaveLength(2);
  });

  it('has no more requests in flight than its limit', async () => {
    let inFlight = 0;
    let most = 0;
    const { transport } = await aTransport(
      (response) => {
        most = Math.max(most, ++inFlight);
        setTimeout(() => {
          inFlight -= 1;
          json(response, {});
        }, 20);
      },
      { settings: { concurrency: 3 } },
    );
    await Promise.all(Array.from({ length: 12 }, () => transport.request(get)));
    expect(most).toBe(3);
  });

  it('keeps the lease waiting for no other request', async () => {
    const held: (() => void)[] = [];
    const { transport, seen } = await aTransport(
      (response, { method }) => {
        const answer = (): void => json(response, {});
        if (method === 'GET') held.push(answer);
        else answer();
      },
      { settings: { concurrency: 2 } },
    );
    const others = [1, 2, 3].map(() => transport.request(get));
    await transport.request({ method: 'PUT', path: '/lease', body: {}, unfenced: true });
    expect(seen.filter(({ line }) => line.startsWith('GET'))).toHaveLength(2);
    for (let each = 0; each < 3; each += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      held.shift()?.();
    }
    await Promise.all(others);
  });

  it.each([
    ['after an outage', 30, 1],
    ['not after a single failure', 60_000, 0],
  ])('tells that the API server is back %s', async (_what, outageMs, times) => {
    const { transport } = await aTransport(
      (response, request, index) => {
        if (index === 0) request.socket.destroy();
        else json(response, {});
      },
      { settings: { outageMs } },
    );
    let recovered = 0;
    transport.onRecovered(() => (recovered += 1));
    await failureOf(transport.request({ ...get, tries: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await transport.request(get);
    await transport.request(get);
    expect(recovered).toBe(times);
  });
});
