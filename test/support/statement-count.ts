import { vi } from 'vitest';
import { readinessLook } from '../../storefront-api/repositories/product-repository.ts';
import type { RunningApi } from '../../storefront-api/start-api.ts';

/** How many statements some work costs, and its result. The looks at readiness, one every two seconds, do not count. */
export async function counted<Result>(
  { database }: RunningApi,
  work: () => Promise<Result>,
): Promise<readonly [statements: number, result: Result]> {
  const reads = vi.spyOn(database, 'read');
  const before = database.statements;
  try {
    const result = await work();
    const looks = reads.mock.calls.filter(([{ name }]) => name === readinessLook.name);
    return [database.statements - before - looks.length, result];
  } finally {
    reads.mockRestore();
  }
}
