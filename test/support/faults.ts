// Faults at a given rate, drawn from a seed: how many there are of each kind does not change from run to run.
import type { HttpProxy, ProxyAction } from './http-proxy.ts';

/** Numbers from 0 to 1 (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Spoils a share of all requests from now on, evenly among the actions.
 * @param share 0 to 1
 */
export function injectFaults(
  proxy: HttpProxy,
  actions: readonly ProxyAction[],
  { share, random }: { readonly share: number; readonly random: () => number },
): void {
  let chosen = -1;
  const draw = (): void => {
    const drawn = random();
    chosen = drawn < share ? Math.floor((drawn / share) * actions.length) : -1;
  };
  // Rules are asked in order, so the first one draws for all of them.
  for (const [index, action] of actions.entries()) {
    const matches = (): boolean => {
      if (index === 0) draw();
      return chosen === index;
    };
    proxy.inject({ matches, action });
  }
}
