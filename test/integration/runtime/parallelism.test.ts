// Many keys behind a slow network: they must share it, and each must still have one run at a time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, withSettings } from '../../../operator/runtime/settings.ts';
import { sharedCluster, withNamespace } from '../../support/cluster.ts';
import { ConfigMaps } from '../../support/config-maps.ts';
import { type CopyController, copyOf, startCopies } from '../../support/copy-controller.ts';
import { eventually } from '../../support/eventually.ts';
import { seededRandom } from '../../support/faults.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

const keys = 30;
const edits = 450;
const editsAtOnce = 8;

/** In each direction, so that an answer takes 300 ms. */
const delayMs = 150;

/** A tenth of the back-off of production, so that a test sees it grow. */
const settings = withSettings(defaultSettings, {
  queue: { backoffBaseMs: 100, backoffMaxMs: 1_600 },
});
const poison = 'poison';

const names = Array.from({ length: keys }, (_, index) => `c-${index}`);

describe('many keys behind a slow network', { timeout: 120_000 }, () => {
  const { server, kubeconfigPath } = sharedCluster();
  const namespace = withNamespace('parallelism');
  let proxy: TcpProxy;
  let configMaps: ConfigMaps;
  let controller: CopyController;
  let mostQueued = 0;

  beforeAll(async () => {
    proxy = await startTcpProxy(server);
    configMaps = new ConfigMaps(kubeconfigPath, namespace());
    await configMaps.createAll([...names, poison]);
    controller = startCopies({
      kubeconfigPath: kubeconfigThrough(kubeconfigPath, proxy),
      namespace: namespace(),
      settings,
      before: (name) => {
        const { ready, delayed } = controller.sizes();
        mostQueued = Math.max(mostQueued, ready + delayed);
        // What a mistake in the code throws, at every run of this one key.
        if (name === poison) throw new TypeError('poison');
      },
    });
    await controller.watched.reflector.whenSynced();
    proxy.delay(delayMs);
  });
  afterAll(async () => {
    await controller.close();
    await configMaps.close();
    await proxy.close();
  });

  const values = async (of: readonly string[]): Promise<readonly (string | undefined)[]> => {
    const all = await configMaps.values();
    return of.map((name) => all[name]);
  };
  const runsOf = (name: string) => controller.runs.filter((run) => run.name === name);

  it('ends with what was asked for last, whatever the order of edits', async () => {
    const random = seededRandom(9);
    let edited = 0;
    const editor = async (): Promise<void> => {
      while (edited < edits) {
        edited += 1;
        const name = names[Math.floor(random() * keys)] ?? '';
        await configMaps.edit(name, `edit ${edited}`);
      }
    };
    await Promise.all(Array.from({ length: editsAtOnce }, editor));
    await eventually(
      async () => expect(await values(names.map(copyOf))).toEqual(await values(names)),
      { timeoutMs: 60_000 },
    );
    expect(edited).toBeGreaterThanOrEqual(edits);
  });

  it('never runs a key twice at once', () => {
    const overlaps = names.flatMap((name) =>
      runsOf(name).filter(({ beganAt }, index, runs) => {
        const before = runs[index - 1];
        return before !== undefined && (before.endedAt ?? Infinity) > beganAt;
      }),
    );
    expect(overlaps).toEqual([]);
    expect(controller.runs.length).toBeGreaterThan(keys);
  });

  it('runs as many keys at once as it may, and no more', () => {
    const atOnce = controller.runs.map(
      ({ beganAt }) =>
        controller.runs.filter(
          (other) => other.beganAt <= beganAt && (other.endedAt ?? Infinity) > beganAt,
        ).length,
    );
    expect(Math.max(...atOnce)).toBe(settings.queue.concurrency);
  });

  it('queues a key once, however often it is edited', () => {
    expect(mostQueued).toBeGreaterThan(1);
    expect(mostQueued).toBeLessThanOrEqual(keys + 1);
    // The edits of a key that waits or runs are one more run, not one each.
    const runs = controller.runs.filter(({ name }) => name !== poison).length;
    expect(runs).toBeLessThan(edits);
  });

  it('retries a key that always throws with a growing back-off, counts each panic, and goes on', async () => {
    const enough = 6;
    await eventually(() => expect(runsOf(poison).length).toBeGreaterThanOrEqual(enough));
    const tries = runsOf(poison);
    expect(controller.panics()).toBe(tries.length);
    const gaps = tries.slice(1).map(({ beganAt }, index) => beganAt - (tries[index]?.endedAt ?? 0));
    const { backoffBaseMs, backoffMaxMs } = settings.queue;
    const leastShare = 0.8; // of the doubled delay; see backoff.ts
    const tooSoon = gaps.filter(
      (gap, index) => gap < leastShare * Math.min(backoffMaxMs, backoffBaseMs * 2 ** index) - 2,
    );
    expect(tooSoon).toEqual([]);
    await configMaps.edit('c-0', 'after the poison');
    await eventually(async () =>
      expect(await values([copyOf('c-0')])).toEqual(['after the poison']),
    );
  });
});
