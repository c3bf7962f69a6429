// Every time constant and bound of the runtime in one object. The values are the ones that client-go, kube-rs and
// kopf arrived at in production (sources at each group); tests scale the times with `scaledSettings`.

/** Durations in milliseconds unless the name says otherwise. */
export interface RuntimeSettings {
  readonly transport: {
    readonly connectTimeoutMs: number;
    /** From the request to the last header. */
    readonly headersTimeoutMs: number;
    /** Between two chunks of a body that is not a watch. */
    readonly bodyTimeoutMs: number;
    /** Requests in flight at once, watches not counted. The API server's own fairness does the rest. */
    readonly concurrency: number;
    /** Tries of one idempotent request, the first included. */
    readonly maxTries: number;
    readonly retryBaseMs: number;
    readonly retryMaxMs: number;
    /** A Retry-After beyond this is cut, so that one bad header cannot park a worker. */
    readonly retryAfterMaxMs: number;
    /** Failing for so long without one answer is an outage, and its end is told to `onRecovered`. */
    readonly outageMs: number;
    readonly maxBodyBytes: number;
    readonly maxWatchLineBytes: number;
  };
  readonly reflector: {
    readonly pageSize: number;
    /** Asked of the server; a random value between the two, so that watches do not end together. */
    readonly watchTimeoutMinSeconds: number;
    readonly watchTimeoutMaxSeconds: number;
    /** A watch that was silent for so long is dead: bookmarks come about once a minute. */
    readonly inactivityMinMs: number;
    readonly inactivityMaxMs: number;
    readonly backoffBaseMs: number;
    readonly backoffMaxMs: number;
    /** Health for so long resets the back-off. */
    readonly backoffResetMs: number;
  };
  readonly queue: {
    readonly concurrency: number;
    readonly backoffBaseMs: number;
    readonly backoffMaxMs: number;
    /** Fixed delay after a waiting error. */
    readonly waitingDelayMs: number;
    readonly resyncMs: number;
    /** Share by which the resync varies, 0.2 = +-20 %. */
    readonly resyncJitter: number;
    readonly runDeadlineMs: number;
    readonly maxKeys: number;
  };
  readonly lease: {
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
    /** Between two looks of a standby: what it takes at most to see that the lease was released. */
    readonly standbyPeriodMs: number;
    readonly attemptTimeoutMs: number;
  };
  readonly capabilities: {
    readonly refreshMs: number;
    /** The same where no watch of CRDs tells of changes. */
    readonly unwatchedRefreshMs: number;
    /** Between two looks while something is known to change, or while there was no answer yet. */
    readonly settleMs: number;
  };
  readonly events: { readonly seriesWindowMs: number; readonly maxSeries: number };
  readonly health: {
    readonly maxEventLoopLagMs: number;
    readonly maxWatchAgeMs: number;
    readonly maxLeaseLoopAgeMs: number;
  };
  readonly shutdown: {
    /** For runs in progress to end by themselves. */
    readonly drainMs: number;
    /** For runs that were told to stop to do so. */
    readonly abortMs: number;
  };
}

/** What runs in production. */
export const defaultSettings: RuntimeSettings = {
  // kube-rs client: 500 ms doubling to 5 s, three tries (kube-client/src/client/retry.rs).
  transport: {
    connectTimeoutMs: 10_000,
    headersTimeoutMs: 15_000,
    bodyTimeoutMs: 30_000,
    concurrency: 64,
    maxTries: 3,
    retryBaseMs: 500,
    retryMaxMs: 5_000,
    retryAfterMaxMs: 30_000,
    outageMs: 3_000,
    maxBodyBytes: 64 * 1024 * 1024,
    maxWatchLineBytes: 8 * 1024 * 1024,
  },
  // client-go reflector: 800 ms to 30 s, full jitter, reset after two minutes; kopf: 70 s of inactivity.
  reflector: {
    pageSize: 500,
    watchTimeoutMinSeconds: 240,
    watchTimeoutMaxSeconds: 480,
    inactivityMinMs: 70_000,
    inactivityMaxMs: 75_000,
    backoffBaseMs: 800,
    backoffMaxMs: 30_000,
    backoffResetMs: 120_000,
  },
  queue: {
    concurrency: 10,
    backoffBaseMs: 1_000,
    backoffMaxMs: 300_000,
    waitingDelayMs: 30_000,
    resyncMs: 300_000,
    resyncJitter: 0.2,
    runDeadlineMs: 60_000,
    maxKeys: 100_000,
  },
  // Longer than client-go's 15/10/2 s: an API stall of 12 s must not cost the lease.
  lease: {
    durationMs: 30_000,
    renewDeadlineMs: 20_000,
    retryPeriodMs: 5_000,
    standbyPeriodMs: 2_000,
    attemptTimeoutMs: 5_000,
  },
  capabilities: { refreshMs: 60_000, unwatchedRefreshMs: 20_000, settleMs: 1_000 },
  events: { seriesWindowMs: 360_000, maxSeries: 4_096 },
  health: { maxEventLoopLagMs: 5_000, maxWatchAgeMs: 180_000, maxLeaseLoopAgeMs: 60_000 },
  // With the release of the lease, which is given 5 s, this stays below the 30 s that Kubernetes gives a pod.
  shutdown: { drainMs: 15_000, abortMs: 2_000 },
};

/** Replaces single values, group by group; the rest stays as it is. */
export type SettingsOverrides = {
  readonly [Group in keyof RuntimeSettings]?: Partial<RuntimeSettings[Group]>;
};

type GroupName = keyof RuntimeSettings;

function mapGroups(
  base: RuntimeSettings,
  map: (group: GroupName, values: object) => object,
): RuntimeSettings {
  const entries = Object.entries(base) as [GroupName, object][];
  return Object.fromEntries(
    entries.map(([group, values]) => [group, map(group, values)]),
  ) as unknown as RuntimeSettings;
}

/** Settings with some values replaced. */
export function withSettings(base: RuntimeSettings, overrides: SettingsOverrides): RuntimeSettings {
  return mapGroups(base, (group, values) => ({ ...values, ...overrides[group] }));
}

function scaledValue(name: string, value: number, factor: number): number {
  if (name.endsWith('Ms')) return value * factor;
  return name.endsWith('Seconds') ? Math.max(1, Math.round(value * factor)) : value;
}

/** Multiplies every time by `factor` (0.1 = ten times faster) and leaves counts and sizes alone; for tests. */
export function scaledSettings(base: RuntimeSettings, factor: number): RuntimeSettings {
  return mapGroups(base, (_group, values) =>
    Object.fromEntries(
      Object.entries(values as Record<string, number>).map(([name, value]) => [
        name,
        scaledValue(name, value, factor),
      ]),
    ),
  );
}
