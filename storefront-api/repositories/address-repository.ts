import { type Address, type AddressFields, maxAddresses } from '../domain/account.ts';
import type { Database, Statement, StatementRunner } from './database.ts';

/** Port to the addresses of accounts; nobody reaches another's. Every method may throw DatabaseUnavailable. */
export interface AddressRepository {
  /** The default one first. */
  list(userId: string): Promise<readonly Address[]>;
  find(userId: string, id: string): Promise<Address | undefined>;
  /** undefined: the account has as many as it may have. The first one becomes the default. */
  add(userId: string, fields: AddressFields, now: Date): Promise<Address | undefined>;
  /** undefined: there is no such address. */
  replace(userId: string, id: string, fields: AddressFields): Promise<Address | undefined>;
  /** false: there is no such address. */
  remove(userId: string, id: string): Promise<boolean>;
}

const columns = `id, name, phone, division, district, upazila, street, is_default AS "isDefault"`;

const listStatement: Statement = {
  name: 'address-list',
  text: `SELECT ${columns} FROM addresses WHERE user_id = $1 ORDER BY is_default DESC, created_at, id LIMIT ${maxAddresses}`,
};

const findStatement: Statement = {
  name: 'address-find',
  text: `SELECT ${columns} FROM addresses WHERE user_id = $1 AND id = $2`,
};

// Two changes of one account's addresses take turns, so neither the limit nor the default can be passed in a race.
const lockStatement: Statement = {
  name: 'address-lock',
  text: 'SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE',
};

// Two statements: the unique index on defaults is checked row by row.
const clearDefaultStatement: Statement = {
  name: 'address-clear-default',
  text: 'UPDATE addresses SET is_default = false WHERE user_id = $1 AND is_default AND id <> $2',
};

const makeDefaultStatement: Statement = {
  name: 'address-make-default',
  text: `UPDATE addresses SET is_default = true WHERE user_id = $1 AND id = $2 RETURNING ${columns}`,
};

const addStatement: Statement = {
  name: 'address-add',
  text: `INSERT INTO addresses (user_id, name, phone, division, district, upazila, street, is_default, created_at)
  SELECT $1, $2, $3, $4, $5, $6, $7, count(*) = 0, $8 FROM addresses WHERE user_id = $1
  HAVING count(*) < ${maxAddresses} RETURNING ${columns}`,
};

const replaceStatement: Statement = {
  name: 'address-replace',
  text: `UPDATE addresses SET name = $3, phone = $4, division = $5, district = $6, upazila = $7, street = $8,
    is_default = is_default AND $9 WHERE user_id = $1 AND id = $2 RETURNING ${columns}`,
};

const removeStatement: Statement = {
  name: 'address-remove',
  text: 'DELETE FROM addresses WHERE user_id = $1 AND id = $2 RETURNING id',
};

function valuesOf({ name, phone, division, district, upazila, street }: AddressFields) {
  return [name, phone, division, district, upazila, street] as const;
}

async function makeDefault(
  runner: StatementRunner,
  userId: string,
  id: string,
): Promise<readonly Address[]> {
  await runner.run(clearDefaultStatement, [userId, id]);
  return runner.run<Address>(makeDefaultStatement, [userId, id]);
}

/** Adapter on PostgreSQL. */
export function addressRepository(database: Database): AddressRepository {
  const inTurn = (
    userId: string,
    isDefault: boolean,
    write: (runner: StatementRunner) => Promise<readonly Address[]>,
  ): Promise<Address | undefined> =>
    database.transaction(async (runner) => {
      await runner.run(lockStatement, [userId]);
      const [written] = await write(runner);
      if (written === undefined || !isDefault) return written;
      return (await makeDefault(runner, userId, written.id))[0];
    });
  return {
    list: (userId) => database.read<Address>(listStatement, [userId]),
    find: async (userId, id) => (await database.read<Address>(findStatement, [userId, id]))[0],
    add: (userId, fields, now) =>
      inTurn(userId, fields.isDefault, (runner) =>
        runner.run<Address>(addStatement, [userId, ...valuesOf(fields), now]),
      ),
    replace: (userId, id, fields) =>
      inTurn(userId, fields.isDefault, (runner) => {
        const values = [userId, id, ...valuesOf(fields), fields.isDefault];
        return runner.run<Address>(replaceStatement, values);
      }),
    remove: async (userId, id) => (await database.run(removeStatement, [userId, id])).length > 0,
  };
}
