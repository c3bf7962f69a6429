// Global setup of the component tests: one PostgreSQL for the whole run. Each test file makes a database of its own in
// it (`freshDatabase()`).
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../dev/postgres/start-postgres.ts';

declare module 'vitest' {
  /** What the global setup hands to the test workers. */
  interface ProvidedContext {
    /** URL of the administrator for the database `postgres`. */
    readonly postgresUrl: string;
  }
}

/** Starts the server; vitest calls the returned function after the last test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false });
  project.provide('postgresUrl', server.url());
  return () => server.stop();
}
