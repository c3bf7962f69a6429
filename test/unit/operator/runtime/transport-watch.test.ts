import { describe, expect, it } from 'vitest';
import { aTransport, failureOf, json } from '../../../support/a-transport.ts';

describe('a watch of the transport', () => {
  const request = (signal: AbortSignal, inactivityMs = 60_000) => ({
    path: '/api/v1/pods',
    query: { resourceVersion: '1' },
    signal,
    inactivityMs,
  });
  const line = (name: string): string => `${JSON.stringify({ type: 'ADDED', object: { name } })}\n`;

  it('yields events until the server ends it', async () => {
    const { transport, seen } = await aTransport((response) => {
      response.write(line('a'));
      setTimeout(() => response.end(line('b')), 20);
    });
    const stream = await transport.watch(request(new AbortController().signal));
    const names: unknown[] = [];
    for await (const { object } of stream.events()) names.push((object as { name: string }).name);
    stream.close();
    expect(names).toEqual(['a', 'b']);
    expect(seen[0]?.line).toBe('GET /api/v1/pods?resourceVersion=1&watch=true');
  });

  it('breaks after silence, not after the timeout of a body', async () => {
    const { transport } = await aTransport(
      (response) => {
        response.write(line('a'));
        setTimeout(() => response.write(line('b')), 150);
      },
      { settings: { bodyTimeoutMs: 50 } },
    );
    const stream = await transport.watch(request(new AbortController().signal, 300));
    let events = 0;
    const read = async (): Promise<void> => {
      for await (const _event of stream.events()) events += 1;
    };
    await expect(failureOf(read())).resolves.toMatchObject({ origin: 'timeout' });
    expect(events).toBe(2);
    stream.close();
  });

  it('is refused with the words of the API server', async () => {
    const { transport } = await aTransport((response) =>
      json(response, { kind: 'Status', reason: 'Expired', message: 'too old' }, 410),
    );
    const error = await failureOf(transport.watch(request(new AbortController().signal)));
    expect(error).toMatchObject({ code: 410, reason: 'Expired' });
    expect(error.message).toBe('WATCH /api/v1/pods: 410 Expired: too old');
  });

  it.each(['its signal aborts', 'it is closed'])('leaves no socket when %s', async (how) => {
    const { transport, sockets } = await aTransport((response) => void response.write(line('a')));
    const stop = new AbortController();
    const stream = await transport.watch(request(stop.signal));
    const read = async (): Promise<void> => {
      for await (const _event of stream.events()) {
        if (how === 'it is closed') stream.close();
        else stop.abort();
      }
    };
    await failureOf(read());
    await expect.poll(() => sockets.size).toBe(0);
  });

  it('forgets its credentials after 401', async () => {
    const { transport, forgotten } = await aTransport((response) => json(response, {}, 401));
    const error = await failureOf(transport.watch(request(new AbortController().signal)));
    expect(error.code).toBe(401);
    expect(forgotten()).toBe(1);
  });

  it('is not opened when its signal has aborted', async () => {
    const { transport, seen } = await aTransport((response) => response.end());
    const error = await failureOf(transport.watch(request(AbortSignal.abort())));
    expect(error.origin).toBe('aborted');
    expect(seen).toEqual([]);
  });
});
