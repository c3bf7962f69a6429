import { setTimeout as sleep } from 'node:timers/promises';

/** Runs an assertion again and again until it passes; throws its last failure when time is up. */
export async function eventually<Result>(
  assertion: () => Result | Promise<Result>,
  options: { readonly timeoutMs?: number; readonly intervalMs?: number } = {},
): Promise<Result> {
  const { timeoutMs = 30_000, intervalMs = 100 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(intervalMs);
    }
  }
}
