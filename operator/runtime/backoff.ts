// How long to wait. Every delay is spread at random, so that many keys or many replicas that failed together do not come
// back together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.

/** A random number from 0 (included) to 1 (excluded), like `Math.random`. */
export type Random = () => number;

/** Share of a back-off that is left to chance; the delay never exceeds the undiminished one. */
const backoffJitter = 0.2;

/**
 * Delay before the next try: the base after the first failure, doubled by each further one, up to the maximum; each
 * shortened by up to 20 % at random.
 * @param failures failures in a row so far, at least 1
 */
export function backoffDelayMs(
  failures: number,
  limits: { readonly backoffBaseMs: number; readonly backoffMaxMs: number },
  random: Random,
): number {
  const doubled = limits.backoffBaseMs * 2 ** (failures - 1);
  return Math.min(limits.backoffMaxMs, doubled) * (1 - backoffJitter * random());
}

/** Least delay between two tries, however lucky or unlucky: a pause, and not a hot loop. */
export function shortestDelayMs(limits: { readonly backoffBaseMs: number }): number {
  return limits.backoffBaseMs / 4;
}

/**
 * The same back-off with full jitter: anything up to the undiminished delay, but at least a quarter of the base, so that
 * bad luck cannot make a hot loop. For reconnections, where all clients of a server fail at the same moment.
 * @param failures failures in a row so far, at least 1
 */
export function fullJitterDelayMs(
  failures: number,
  limits: { readonly backoffBaseMs: number; readonly backoffMaxMs: number },
  random: Random,
): number {
  const ceiling = Math.min(limits.backoffMaxMs, limits.backoffBaseMs * 2 ** (failures - 1));
  return Math.max(shortestDelayMs(limits), ceiling * random());
}

/** Delay until an object is looked at again although nothing happened: `resyncMs` plus or minus its jitter. */
export function resyncDelayMs(
  settings: { readonly resyncMs: number; readonly resyncJitter: number },
  random: Random,
): number {
  return settings.resyncMs * (1 + settings.resyncJitter * (2 * random() - 1));
}
