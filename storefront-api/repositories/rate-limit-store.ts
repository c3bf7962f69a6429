import type { Database, SqlValue } from './database.ts';

/** A statement of the library that counts; its name belongs to its text alone. */
interface CounterStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Sends the statements of rate-limiter-flexible's PostgreSQL store through our pool, with its limits of time. */
export function counterStatements(
  database: Database,
): (statement: CounterStatement) => Promise<{ rows: readonly unknown[]; rowCount: number }> {
  return async ({ name, text, values }) => {
    const rows = await database.run<unknown>({ name, text }, values);
    return { rows, rowCount: rows.length };
  };
}
