import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defaultSettings, scaledSettings } from '../../../operator/runtime/settings.ts';
import { type ConfigMaps, withProxiedWatch } from '../../support/config-maps.ts';
import { eventually } from '../../support/eventually.ts';

/** A twentieth: back-off 40 ms to 1.5 s instead of 0.8 to 30 s, and a minute is 3 s. */
const factor = 0.05;
const settings = scaledSettings(defaultSettings, factor);
const minuteMs = 60_000 * factor;
const maxConnectsPerMinute = 15;

/** Two scaled minutes, of a reset after each 50 to 200 ms. */
const stormMs = 2 * minuteMs;

/** Shares of the full delay, in turn: spread enough to be jitter, known enough to prove growth. */
const jitter = [0.9, 0.6, 0.75];

/** One random change of the ConfigMaps, of which `names` are there. */
async function changeOne(configMaps: ConfigMaps, names: Set<string>, round: number): Promise<void> {
  const existing = [...names][Math.floor(Math.random() * names.size)];
  const choice = Math.random();
  if (existing === undefined || choice < 0.4) {
    names.add(`storm-${round}`);
    return configMaps.create(`storm-${round}`);
  }
  if (choice < 0.7) return configMaps.edit(existing, `round ${round}`);
  names.delete(existing);
  return configMaps.remove(existing);
}

async function until(stop: AbortSignal, act: (round: number) => Promise<void>): Promise<number> {
  let round = 0;
  while (!stop.aborted) await act((round += 1));
  return round;
}

/** Most of some moments that lie within one stretch of time. */
function mostWithin(at: readonly number[], stretchMs: number): number {
  return Math.max(...at.map((from) => at.filter((t) => t >= from && t < from + stretchMs).length));
}

describe('a storm of connection resets', () => {
  let drawn = 0;
  const random = (): number => jitter[(drawn += 1) % jitter.length] ?? 0;
  const proxiedWatch = withProxiedWatch('reset-storm', { settings, random });

  it('loses no change', async () => {
    const { proxy, configMaps, watched } = proxiedWatch();
    const storm = AbortSignal.timeout(stormMs);
    const names = new Set<string>();
    const [resets, changes] = await Promise.all([
      until(storm, async () => {
        await sleep(50 + 150 * Math.random());
        proxy.resetAll();
      }),
      until(storm, async (round) => {
        await changeOne(configMaps, names, round);
        await sleep(20 * Math.random());
      }),
    ]);
    expect(resets).toBeGreaterThan(stormMs / 200 / 2);
    expect(changes).toBeGreaterThan(50);

    const expected = await configMaps.contents();
    expect(Object.keys(expected).toSorted()).toEqual([...names].toSorted());
    await eventually(() => expect(watched.contents()).toEqual(expected), {
      timeoutMs: settings.reflector.backoffMaxMs + 2_000,
    });
    expect(watched.lists).toEqual([{ objects: 0, pages: 1 }]);
  });

  it('is met with a back-off that doubles up to its maximum', () => {
    const { proxy, watched } = proxiedWatch();
    const { backoffBaseMs, backoffMaxMs } = settings.reflector;
    const { openedAt } = proxy.counters;
    const gaps = openedAt.slice(1).map((at, index) => at - (openedAt[index] ?? 0));
    expect(watched.failures.length).toBeGreaterThan(5);
    for (const [index, { delayMs }] of watched.failures.entries()) {
      const ceiling = Math.min(backoffMaxMs, backoffBaseMs * 2 ** index);
      expect(delayMs).toBeGreaterThanOrEqual(ceiling * Math.min(...jitter));
      expect(delayMs).toBeLessThanOrEqual(ceiling * Math.max(...jitter));
    }
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(backoffMaxMs * Math.min(...jitter));
    expect(mostWithin(openedAt, minuteMs)).toBeLessThanOrEqual(maxConnectsPerMinute);
  });

  it('leaves no socket behind when the watch is stopped', async () => {
    const { proxy, watched } = proxiedWatch();
    // The last reset may have left it in a pause.
    const longestPauseMs = settings.reflector.backoffMaxMs;
    await eventually(() => expect(proxy.counters.live).toBe(1), { timeoutMs: 2 * longestPauseMs });
    await watched.stop();
    await eventually(() => expect(proxy.counters.live).toBe(0), { timeoutMs: 2_000 });
  });
});
