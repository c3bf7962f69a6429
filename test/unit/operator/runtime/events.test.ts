import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../../operator/runtime/api-client.ts';
import { type EventInput, EventRecorder } from '../../../../operator/runtime/events.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import {
  hanging,
  httpFailure,
  networkFailure,
  rememberingLogger,
  ScriptedClient,
} from '../../../support/scripted-client.ts';

const told: EventInput = {
  regarding: {
    apiVersion: 'example.io/v1',
    kind: 'Shop',
    metadata: { name: 'dhaka', namespace: 'shop', uid: 'uid-1', resourceVersion: '7' },
  },
  type: 'Warning',
  reason: 'DriftRepaired',
  action: 'Apply',
  note: 'spec.replicas was changed by kubectl',
};

function aRecorder(maxSeries = 3) {
  const clock = new FakeClock();
  const client = new ScriptedClient(() => ({}));
  const logger = rememberingLogger();
  const recorder = new EventRecorder({
    client,
    clock,
    logger,
    settings: { ...defaultSettings.events, maxSeries },
    reportingController: 'operator',
    reportingInstance: 'operator-0',
  });
  return { clock, client, logger, recorder };
}

const bodyOf = (request: ApiRequest | undefined): Record<string, unknown> =>
  request?.body as Record<string, unknown>;

describe('the event recorder', () => {
  it('writes an Event in the namespace of the object', async () => {
    const { recorder, client } = aRecorder();
    recorder.record(told);
    await recorder.flush();
    expect(client.lines()).toEqual(['POST /apis/events.k8s.io/v1/namespaces/shop/events']);
    expect(bodyOf(client.requests[0])).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'shop' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      type: 'Warning',
      reason: 'DriftRepaired',
      action: 'Apply',
      note: told.note,
      regarding: { kind: 'Shop', name: 'dhaka', namespace: 'shop', uid: 'uid-1' },
      reportingController: 'operator',
      reportingInstance: 'operator-0',
    });
  });

  it('puts Events about objects of the cluster into the namespace default', async () => {
    const { recorder, client } = aRecorder();
    recorder.record({ ...told, regarding: { ...told.regarding, metadata: { name: 'node-1' } } });
    await recorder.flush();
    expect(client.lines()).toEqual(['POST /apis/events.k8s.io/v1/namespaces/default/events']);
  });

  it('makes a series of what is told again within six minutes of the last time', async () => {
    const { recorder, client, clock } = aRecorder();
    for (let count = 0; count < 3; count += 1) {
      recorder.record(told);
      await clock.advance(359_999);
    }
    expect(client.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'PATCH']);
    const { name } = bodyOf(client.requests[0])['metadata'] as { name: string };
    expect(client.requests[2]).toMatchObject({
      path: `/apis/events.k8s.io/v1/namespaces/shop/events/${name}`,
      patchType: 'merge',
      body: { series: { count: 3, lastObservedTime: '2026-01-01T00:11:59.998000Z' } },
    });
    await clock.advance(1);
    recorder.record(told);
    await recorder.flush();
    expect(client.requests.at(-1)?.method).toBe('POST');
  });

  it.each<[string, Partial<EventInput>]>([
    ['note', { note: 'another field' }],
    ['reason', { reason: 'Other' }],
    ['action', { action: 'Prune' }],
    ['type', { type: 'Normal' }],
    [
      'object',
      { regarding: { ...told.regarding, metadata: { ...told.regarding.metadata, uid: 'uid-2' } } },
    ],
  ])('begins a new Event for another %s', async (_what, other) => {
    const { recorder, client } = aRecorder();
    recorder.record(told);
    recorder.record({ ...told, ...other });
    await recorder.flush();
    expect(client.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
    const names = client.requests.map((request) => bodyOf(request)['metadata']);
    expect(names[0]).not.toEqual(names[1]);
  });

  it('begins anew when the Event of a series is gone', async () => {
    const { recorder, client } = aRecorder();
    recorder.record(told);
    await recorder.flush();
    client.answer = ({ method }) => (method === 'PATCH' ? httpFailure(404, 'NotFound') : {});
    recorder.record(told);
    await recorder.flush();
    expect(client.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    expect(recorder.dropped).toBe(0);
  });

  it('stamps an Event with the time at which it was told, however late it is written', async () => {
    const { recorder, client, clock } = aRecorder();
    const gate = Promise.withResolvers<void>();
    client.answer = () => gate.promise;
    recorder.record(told);
    recorder.record({ ...told, note: 'second' });
    await clock.advance(90_000);
    gate.resolve();
    await clock.advance(0);
    expect(client.requests.map((request) => bodyOf(request)['eventTime'])).toEqual([
      '2026-01-01T00:00:00.000000Z',
      '2026-01-01T00:00:00.000000Z',
    ]);
  });

  it.each([
    ['letters', 'x'.repeat(3_000), 1024],
    ['Bengali letters of three bytes', 'ঢ'.repeat(600), 341],
    ['letters outside of the BMP', '🛒'.repeat(400), 512],
  ])('cuts a note of many %s to 1024 bytes', async (_what, note, length) => {
    const { recorder, client } = aRecorder();
    recorder.record({ ...told, note });
    await recorder.flush();
    const written = bodyOf(client.requests[0])['note'] as string;
    expect(written).toHaveLength(length);
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(1024);
    expect(note.startsWith(written)).toBe(true);
  });

  it('never throws: what cannot be written is counted and logged', async () => {
    const { recorder, client, logger } = aRecorder();
    client.answer = networkFailure;
    recorder.record(told);
    await recorder.flush();
    expect(recorder.dropped).toBe(1);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn']);
    client.answer = () => ({});
    recorder.record(told);
    await recorder.flush();
    expect(client.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it('lets at most 1,000 Events wait', async () => {
    const { recorder, client, clock } = aRecorder();
    client.answer = hanging;
    for (let index = 0; index < 1_005; index += 1) recorder.record({ ...told, note: `${index}` });
    await clock.advance(0);
    expect(recorder.dropped).toBe(5);
    expect(client.requests).toHaveLength(1);
  });

  it('remembers at most as many series as it may', async () => {
    const { recorder, client } = aRecorder(2);
    for (const note of ['a', 'b', 'c', 'c', 'a']) recorder.record({ ...told, note });
    await recorder.flush();
    expect(client.requests.map(({ method }) => method)).toEqual([
      'POST',
      'POST',
      'POST',
      'PATCH',
      'POST',
    ]);
  });

  it('does not hold up the end of the process: a flush ends after two seconds', async () => {
    const { recorder, client, clock } = aRecorder();
    client.answer = hanging;
    recorder.record(told);
    let isFlushed = false;
    void recorder.stop().then(() => (isFlushed = true));
    await clock.advance(1_999);
    expect(isFlushed).toBe(false);
    await clock.advance(1);
    expect(isFlushed).toBe(true);
    recorder.record(told);
    expect(recorder.dropped).toBe(1);
    expect(clock.pendingTimers()).toBe(0);
  });
});
