import { describe, expect, it } from 'vitest';
import { defaultSettings, scaledSettings } from '../../../operator/runtime/settings.ts';
import { withProxiedWatch } from '../../support/config-maps.ts';
import { eventually } from '../../support/eventually.ts';

/** A twentieth: 3.5 to 3.75 s of silence instead of 70 to 75. */
const factor = 0.05;
const settings = scaledSettings(defaultSettings, factor);

/**
 * What is left after the watchdog: the first back-off, a new TLS connection, and the timers of undici, which look at
 * the clock about once in 500 ms and are not scaled; and whoever else uses the cores.
 */
const afterWatchdogMs = settings.reflector.backoffBaseMs + 5_000;

describe('a watch whose connection went silent without a reset', () => {
  const proxiedWatch = withProxiedWatch('half-open', { settings });

  /** Proves that the watch is alive, and sets its last activity to now. */
  async function seenOnWatch(name: string): Promise<void> {
    const { configMaps, watched } = proxiedWatch();
    await configMaps.create(name);
    await eventually(() => expect(watched.contents()).toHaveProperty(name), { intervalMs: 10 });
  }

  it('is found by its silence, opened anew and told what it missed, without a list', async () => {
    const { proxy, configMaps, watched } = proxiedWatch();
    await seenOnWatch('before');
    const failuresBefore = watched.failures.length;
    const openedBefore = proxy.counters.opened;
    proxy.stall({ existingOnly: true });
    const stalledAt = performance.now();
    await configMaps.create('missed');

    let oldestMs = 0;
    await eventually(
      () => {
        oldestMs = Math.max(oldestMs, watched.reflector.lastActivityAgeMs);
        expect(watched.contents()).toHaveProperty('missed');
      },
      { intervalMs: 20 },
    );
    const foundAfterMs = performance.now() - stalledAt;

    expect(foundAfterMs).toBeGreaterThanOrEqual(settings.reflector.inactivityMinMs * 0.9);
    expect(foundAfterMs).toBeLessThanOrEqual(settings.reflector.inactivityMaxMs + afterWatchdogMs);
    expect(oldestMs).toBeGreaterThanOrEqual(settings.reflector.inactivityMinMs);
    expect(watched.failures.slice(failuresBefore).map(({ reason }) => reason)).toEqual([
      'RequestTimeout',
    ]);
    expect(proxy.counters.opened).toBe(openedBefore + 1);
    expect(watched.lists).toEqual([{ objects: 0, pages: 1 }]);
    expect(watched.contents()).toEqual(await configMaps.contents());
  });

  it('is followed by a watch that works', async () => {
    await seenOnWatch('after');
    const { watched } = proxiedWatch();
    expect(watched.reflector.lastActivityAgeMs).toBeLessThan(settings.reflector.inactivityMinMs);
  });
});
