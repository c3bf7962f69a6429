import { expect, it } from 'vitest';
import { LimitedWarning } from '../../../../operator/runtime/limited-warning.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { rememberingLogger } from '../../../support/scripted-client.ts';

it('warns at once, then once a minute, and counts what it left out', async () => {
  const clock = new FakeClock();
  const logger = rememberingLogger();
  const warning = new LimitedWarning('it failed', { clock, logger });
  for (let second = 0; second <= 120; second += 1) {
    warning.warn(new Error(`try ${second}`));
    await clock.advance(1_000);
  }
  expect(logger.lines).toEqual([
    { level: 'warn', message: 'it failed', fields: { reason: 'try 0' } },
    { level: 'warn', message: 'it failed', fields: { reason: 'try 60', omitted: 59 } },
    { level: 'warn', message: 'it failed', fields: { reason: 'try 120', omitted: 59 } },
  ]);
});
