import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../../operator/runtime/api-client.ts';
import { type Clock, sleep } from '../../../../operator/runtime/clock.ts';
import { FakeClock, ProcessClock, type ProcessTime } from '../../../support/fake-clock.ts';
import { hanging, httpFailure, ScriptedClient } from '../../../support/scripted-client.ts';
import { LeaseServer, contender } from '../../../support/a-lease.ts';

type Fault = 'none' | 'lost-request' | 'lost-answer' | 'error';

interface Weather {
  readonly fault: Fault;
  readonly beforeMs: number;
  readonly afterMs: number;
}

const weather = fc.record<Weather>({
  fault: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Fault>('none') },
    { weight: 3, arbitrary: fc.constantFrom<Fault[]>('lost-request', 'lost-answer', 'error') },
  ),
  beforeMs: fc.oneof(fc.nat(200), fc.nat(12_000)),
  afterMs: fc.oneof(fc.nat(200), fc.nat(12_000)),
});

/** What a request sent into bad weather comes to; the server may hear it after its sender gave up. */
async function sent(
  request: ApiRequest,
  { fault, beforeMs, afterMs }: Weather,
  world: { readonly server: LeaseServer; readonly network: Clock; readonly process: Clock },
): Promise<unknown> {
  const { server, network, process } = world;
  if (fault === 'lost-request') return hanging(request);
  await sleep(network, beforeMs);
  const answer = fault === 'error' ? httpFailure(503) : server.handle(request);
  if (fault === 'lost-answer') return hanging(request);
  await sleep(process, afterMs);
  return answer;
}

interface Fate extends ProcessTime {
  readonly startMs: number;
  readonly weathers: readonly Weather[];
  readonly pauseAtMs: number;
  readonly pauseMs: number;
}

const fate = fc.record<Fate>({
  startMs: fc.nat(20_000),
  weathers: fc.array(weather, { maxLength: 60 }),
  wallOffsetMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  monotonicOffsetMs: fc.nat(1_000_000),
  pauseAtMs: fc.nat(200_000),
  pauseMs: fc.oneof(fc.constant(0), fc.nat(90_000)),
});

describe('the leader elector, whatever happens', () => {
  it('never has two leaders by their own fencing, and has one again when the weather clears', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 2, maxLength: 4 }), async (fates) => {
        const network = new FakeClock();
        const server = new LeaseServer();
        let isClear = false;
        const all = fates.map((own, index) => {
          const process = new ProcessClock(network, own);
          let next = 0;
          const client = new ScriptedClient((request) => {
            const now = isClear ? undefined : own.weathers[next++];
            if (now === undefined) return server.handle(request);
            const answer = sent(request, now, { server, network, process });
            return Promise.race([answer, hanging(request)]);
          });
          const { elector } = contender(`replica-${index}`, { server, clock: process, client });
          network.after(own.startMs, () => elector.start());
          network.after(own.pauseAtMs, () => process.pause());
          network.after(own.pauseAtMs + own.pauseMs, () => process.resume());
          return elector;
        });
        const leaders = (): number => all.filter((elector) => elector.isLeading()).length;
        for (let now = 0; now < 300_000; now += 500) {
          await network.advance(500);
          expect(leaders()).toBeLessThanOrEqual(1);
        }
        isClear = true;
        await network.advance(60_000);
        expect(leaders()).toBe(1);
        await Promise.all(all.map((elector) => elector.stop()));
        expect(leaders()).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
