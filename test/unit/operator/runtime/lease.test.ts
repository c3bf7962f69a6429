import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiClient, ApiRequest } from '../../../../operator/runtime/api-client.ts';
import { type Clock, sleep } from '../../../../operator/runtime/clock.ts';
import { LeaderElector, NotLeadingError } from '../../../../operator/runtime/lease.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { FakeClock, ProcessClock, type ProcessTime } from '../../../support/fake-clock.ts';
import {
  hanging,
  httpFailure,
  networkFailure,
  rememberingLogger,
  ScriptedClient,
} from '../../../support/scripted-client.ts';

interface StoredLease {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One Lease with the API server's optimistic lock. */
class LeaseServer {
  stored: StoredLease | undefined;
  #version = 0;

  handle({ method, body }: ApiRequest): unknown {
    if (method === 'GET') return this.stored ?? httpFailure(404, 'NotFound');
    const written = body as StoredLease;
    if (method === 'POST') {
      if (this.stored !== undefined) return httpFailure(409, 'AlreadyExists');
    } else {
      if (this.stored === undefined) return httpFailure(404, 'NotFound');
      const isNewest = written.metadata.resourceVersion === this.stored.metadata.resourceVersion;
      if (!isNewest) return httpFailure(409, 'Conflict');
      // A write that changes nothing makes no new version.
      if (JSON.stringify(written.spec) === JSON.stringify(this.stored.spec)) return this.stored;
    }
    this.#version += 1;
    const metadata = { ...written.metadata, resourceVersion: String(this.#version) };
    this.stored = structuredClone({ ...written, metadata });
    return this.stored;
  }
}

interface Contender {
  readonly elector: LeaderElector;
  readonly said: string[];
  readonly client: ScriptedClient;
}

function contender(
  identity: string,
  parts: { readonly server: LeaseServer; readonly clock: Clock; readonly client?: ApiClient },
): Contender {
  const said: string[] = [];
  const client = new ScriptedClient((request) => parts.server.handle(request));
  const elector = new LeaderElector({
    client: parts.client ?? client,
    clock: parts.clock,
    settings: defaultSettings.lease,
    namespace: 'system',
    name: 'operator',
    identity,
    logger: rememberingLogger(),
    onStartedLeading: () => said.push('started'),
    onStoppedLeading: (reason) => said.push(reason),
    random: () => 0.5,
  });
  return { elector, said, client };
}

function aWorld() {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const join = (identity: string, time: ProcessTime = {}) => {
    const process = new ProcessClock(clock, time);
    return { ...contender(identity, { server, clock: process }), process };
  };
  return { clock, server, join };
}

describe('the leader elector', () => {
  it('makes the Lease, tells once that it leads, and asks past the fence, once, and briefly', async () => {
    const { clock, server, join } = aWorld();
    const { elector, said, client } = join('one');
    expect(() => elector.assertLeading()).toThrow(NotLeadingError);
    elector.start();
    elector.start();
    await clock.advance(60_000);
    expect(said).toEqual(['started']);
    expect(elector.isLeading()).toBe(true);
    expect(client.lines().slice(0, 4)).toEqual([
      'GET /apis/coordination.k8s.io/v1/namespaces/system/leases/operator',
      'POST /apis/coordination.k8s.io/v1/namespaces/system/leases',
      'GET /apis/coordination.k8s.io/v1/namespaces/system/leases/operator',
      'PUT /apis/coordination.k8s.io/v1/namespaces/system/leases/operator',
    ]);
    for (const request of client.requests) {
      expect(request).toMatchObject({ unfenced: true, tries: 1, timeoutMs: 5_000 });
    }
    expect(server.stored?.spec).toMatchObject({
      holderIdentity: 'one',
      leaseDurationSeconds: 30,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
    });
    expect(server.stored?.spec['renewTime']).toMatch(/T00:00:\d\d\.\d{6}Z$/);
    expect(elector.loopAgeMs).toBeLessThan(6_000);
  });

  it.each([
    ['behind by an hour', -3_600_000],
    ['ahead by an hour', 3_600_000],
  ])('does not take a living lease with a wall clock that is %s', async (_what, wallOffsetMs) => {
    const { clock, join } = aWorld();
    const leader = join('one');
    leader.elector.start();
    await clock.advance(1_000);
    const other = join('two', { wallOffsetMs });
    other.elector.start();
    await clock.advance(600_000);
    expect(leader.said).toEqual(['started']);
    expect(other.said).toEqual([]);
  });

  it('takes over from a leader that went silent, no sooner than 30 s and within 45 s', async () => {
    const { clock, server, join } = aWorld();
    const [leader, other] = [join('one'), join('two')];
    leader.elector.start();
    await clock.advance(1_000);
    other.elector.start();
    await clock.advance(9_000);
    leader.process.pause();
    await clock.advance(24_000);
    expect(other.said).toEqual([]);
    await clock.advance(21_000);
    expect(other.said).toEqual(['started']);
    expect(leader.elector.isLeading()).toBe(false);
    expect(server.stored?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    leader.process.resume();
    await clock.advance(10_000);
    expect(leader.said).toEqual(['started', 'taken over by two']);
  });

  it('ends the right to write 27 s after the start of the last good renewal', async () => {
    const { clock, join } = aWorld();
    const { elector, client } = join('one');
    client.answer = hanging;
    elector.start();
    await clock.advance(1_000);
    expect(elector.expiresInMs()).toBe(Number.NEGATIVE_INFINITY);
    const { clock: time, join: again } = aWorld();
    const leader = again('one');
    leader.elector.start();
    await time.advance(0);
    leader.process.pause();
    await time.advance(26_999);
    expect(() => leader.elector.assertLeading()).not.toThrow();
    await time.advance(1);
    expect(() => leader.elector.assertLeading()).toThrow(NotLeadingError);
  });

  it('counts the right to write from the start of a slow renewal, not from its answer', async () => {
    const { clock, server, join } = aWorld();
    const { elector, client } = join('one');
    client.answer = async (request) => {
      const answer = server.handle(request);
      await sleep(clock, 4_000);
      return answer;
    };
    elector.start();
    await clock.advance(8_000);
    expect(elector.isLeading()).toBe(true);
    expect(elector.expiresInMs()).toBe(19_000);
  });

  it.each([0, 1_500, 3_000, 4_500, 5_400])(
    'keeps the lease through a stall of 12 s that begins %i ms after a renewal',
    async (delayMs) => {
      const { clock, server, join } = aWorld();
      const { elector, said, client } = join('one');
      elector.start();
      await clock.advance(delayMs);
      const answers = client.answer;
      const over = Promise.withResolvers<void>();
      client.answer = (request, index) =>
        Promise.race([over.promise.then(() => answers(request, index)), hanging(request)]);
      for (let passed = 0; passed < 12_000; passed += 100) {
        await clock.advance(100);
        expect(elector.isLeading()).toBe(true);
      }
      client.answer = answers;
      over.resolve();
      await clock.advance(60_000);
      expect(said).toEqual(['started']);
      expect(server.stored?.spec).toMatchObject({ holderIdentity: 'one', leaseTransitions: 0 });
    },
  );

  it('steps down when no renewal succeeds for 20 s, stands by, and leads again', async () => {
    const { clock, join } = aWorld();
    const { elector, said, client } = join('one');
    elector.start();
    await clock.advance(1_000);
    const answers = client.answer;
    client.answer = networkFailure;
    await clock.advance(18_000);
    expect(said).toEqual(['started']);
    await clock.advance(8_000);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^no renewal succeeded for 2\d s$/);
    expect(elector.isLeading()).toBe(false);
    await clock.advance(300_000);
    expect(elector.loopAgeMs).toBeLessThan(6_000);
    client.answer = answers;
    await clock.advance(6_000);
    expect(said.slice(2)).toEqual(['started']);
  });

  it('breaks off a request that hangs after its time', async () => {
    const { clock, join } = aWorld();
    const { elector, client } = join('one');
    client.answer = hanging;
    elector.start();
    await clock.advance(4_999);
    expect(client.requests[0]?.signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(client.requests[0]?.signal?.aborted).toBe(true);
    await clock.advance(500);
    expect(client.requests).toHaveLength(2);
  });

  it('releases the lease when it stops, and a standby acts within 3 s', async () => {
    const { clock, server, join } = aWorld();
    const [leader, other] = [join('one'), join('two')];
    leader.elector.start();
    await clock.advance(1_000);
    other.elector.start();
    await clock.advance(1_000);
    await leader.elector.stop();
    expect(leader.said).toEqual(['started', 'stopped']);
    expect(server.stored?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(3_000);
    expect(other.said).toEqual(['started']);
    expect(server.stored?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('stops at once while a read hangs, and leaves no timer', async () => {
    const { clock, join } = aWorld();
    const { elector, client } = join('one');
    client.answer = hanging;
    elector.start();
    await clock.advance(1_000);
    await elector.stop();
    expect(clock.pendingTimers()).toBe(0);
    expect(client.requests).toHaveLength(1);
  });

  it('stops although the lease cannot be released, and does not release what another holds', async () => {
    const { clock, server, join } = aWorld();
    const { elector, said, client } = join('one');
    elector.start();
    await clock.advance(1_000);
    client.answer = networkFailure;
    await elector.stop();
    expect(said).toEqual(['started', 'stopped']);
    const other = join('two');
    other.elector.start();
    await clock.advance(40_000);
    await elector.stop();
    expect(server.stored?.spec['holderIdentity']).toBe('two');
  });

  it('loses the race for a free lease without harm', async () => {
    const { clock, server, join } = aWorld();
    const contenders = ['one', 'two', 'three'].map((name) => join(name));
    for (const { elector } of contenders) elector.start();
    await clock.advance(60_000);
    expect(contenders.flatMap(({ said }) => said)).toEqual(['started']);
    expect(server.stored?.spec['leaseTransitions']).toBe(0);
  });

  it('does not take a lease that somebody deleted before its holder has had its time', async () => {
    const { clock, server, join } = aWorld();
    const [leader, other] = [join('one'), join('two')];
    leader.elector.start();
    await clock.advance(1_000);
    other.elector.start();
    await clock.advance(1_000);
    leader.process.pause();
    server.stored = undefined;
    await clock.advance(28_000);
    expect(other.said).toEqual([]);
    expect(leader.elector.isLeading()).toBe(false);
    await clock.advance(8_000);
    expect(other.said).toEqual(['started']);
  });
});

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
