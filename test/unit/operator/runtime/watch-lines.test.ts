import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubeError } from '../../../../operator/runtime/kube-error.ts';
import { watchEvents } from '../../../../operator/runtime/watch-lines.ts';

const options = { name: { method: 'WATCH', path: '/pods' }, maxLineBytes: 100 };

async function read(chunks: readonly (string | Uint8Array | Error)[]): Promise<unknown[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }
  const events: unknown[] = [];
  for await (const event of watchEvents(stream(), options)) events.push(event);
  return events;
}

describe('the lines of a watch', () => {
  it('are one event each; empty ones are skipped and an unfinished one is dropped', async () => {
    expect(await read(['{"type":"A"}\n\n{"type":"B"}\n{"ty'])).toEqual([
      { type: 'A' },
      { type: 'B' },
    ]);
  });

  it('are the same however the bytes are cut, inside of letters too', async () => {
    const events = [{ note: 'ঢাকা' }, { note: '🛒' }, { note: 'dhaka' }];
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(await read(chunks)).toEqual(events);
      }),
    );
  });

  it('may be as long as their limit', async () => {
    await expect(read([`"${'x'.repeat(98)}"`, '\n'])).resolves.toHaveLength(1);
  });

  it.each<[string, (string | Error)[], object]>([
    ['a line over its limit', ['x'.repeat(60), 'x'.repeat(41)], { origin: 'protocol' }],
    ['a line that is no JSON', ['<html>\n'], { origin: 'protocol' }],
    [
      'a reset',
      ['{"type":"A"}\n', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
      { origin: 'network', code: 0 },
    ],
    [
      'silence',
      [Object.assign(new Error('silence'), { code: 'UND_ERR_BODY_TIMEOUT' })],
      { origin: 'timeout' },
    ],
  ])('end with a KubeError at %s', async (_what, chunks, expected) => {
    const error: unknown = await read(chunks).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject(expected);
  });
});
