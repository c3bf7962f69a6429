import { describe, expect, it } from 'vitest';
import { CrdGate } from '../../../../operator/controller/crd-gate.ts';
import { capturedLog } from '../../../support/captured-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { httpFailure, ScriptedClient } from '../../../support/scripted-client.ts';
import { anOpenApiDocument } from './open-api-document.ts';

/** A gate, and how it stands after some seconds of each answer. */
async function aGate(...answers: readonly (readonly [unknown, number])[]) {
  const clock = new FakeClock();
  const { log, lines } = capturedLog();
  const client = new ScriptedClient(() => undefined);
  const gate = new CrdGate({ client, clock, log });
  const life = new AbortController();
  let opened: Promise<void> | undefined;
  for (const [answer, seconds] of answers) {
    client.answer = () => answer;
    opened ??= gate.opened(life.signal);
    await clock.advance(seconds * 1_000);
  }
  life.abort();
  await opened;
  return { problem: gate.problem, warnings: lines.map(({ msg }) => msg) };
}

const missing = httpFailure(404, 'NotFound');
const away = httpFailure(503, 'ServiceUnavailable');

describe('the gate of the CRD', () => {
  it('opens at once where the CRD is there', async () => {
    const { problem, warnings } = await aGate([anOpenApiDocument(), 1]);
    expect([problem, warnings]).toEqual([undefined, []]);
  });

  it('tells nobody of a CRD that has just come', async () => {
    const { problem, warnings } = await aGate([missing, 1], [anOpenApiDocument(), 5]);
    expect([problem, warnings]).toEqual([undefined, []]);
  });

  it('tells once what it waits for, and of each thing anew', async () => {
    const { problem, warnings } = await aGate([missing, 60], [away, 60]);
    expect(problem).toContain('cannot be read');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('is not installed');
    expect(warnings[1]).toContain('cannot be read');
  });
});
