import { describe, expect, it } from 'vitest';
import { sleep } from '../../../../operator/runtime/clock.ts';
import { NotLeadingError } from '../../../../operator/runtime/lease.ts';
import { hanging, networkFailure } from '../../../support/scripted-client.ts';
import { aWorld } from '../../../support/a-lease.ts';

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
