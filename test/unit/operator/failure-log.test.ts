import { expect, it } from 'vitest';
import { type OperatorError, TransientError, WaitingError } from '../../../operator/errors.ts';
import { FailureLog } from '../../../operator/failure-log.ts';
import type { Logger } from '../../../operator/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { rememberingLogger } from '../../support/scripted-client.ts';

function aFailureLog() {
  const clock = new FakeClock();
  const logger = rememberingLogger();
  const log = new FailureLog(logger as unknown as Logger, clock);
  const said = (): string[] => logger.lines.map(({ message }) => message);
  return { clock, log, said };
}

const transient = (reason: string): OperatorError => new TransientError(reason, reason);
const waiting = (reason: string): OperatorError => new WaitingError(reason, reason);

it('says once a minute that a store fails, however its transient reasons change', async () => {
  const { clock, log, said } = aFailureLog();
  for (const reason of ['Conflict', 'TooManyRequests', 'InternalError']) {
    log.failed('a/shop', transient(reason));
    await clock.advance(29_000);
  }
  expect(said()).toEqual(['Conflict']);
  log.failed('a/shop', transient('Timeout'));
  expect(said()).toEqual(['Conflict', 'Timeout']);
});

it('says at once what somebody must act upon, and once a minute that it still is so', async () => {
  const { clock, log, said } = aFailureLog();
  log.failed('a/shop', transient('Conflict'));
  log.failed('a/shop', waiting('NameConflict'));
  log.failed('a/shop', waiting('NameConflict'));
  expect(said()).toEqual(['Conflict', 'NameConflict']);
  await clock.advance(60_000);
  log.failed('a/shop', waiting('NameConflict'));
  expect(said()).toHaveLength(3);
});

it('counts for each store apart', () => {
  const { log, said } = aFailureLog();
  log.failed('a/shop', transient('Conflict'));
  log.failed('b/shop', transient('Conflict'));
  expect(said()).toHaveLength(2);
});
