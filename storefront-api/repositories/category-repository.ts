import type { NewCategory } from '../domain/catalogue.ts';
import { errorCode } from './database-errors.ts';
import type { Database, Statement } from './database.ts';

/** Port: how staff change the tree. */
export interface CategoryRepository {
  /** Adds a category, or changes one, which keeps its position when there is none; `no-parent`: the path above does not exist. */
  put(
    category: NewCategory & { readonly position?: number | undefined },
  ): Promise<'added' | 'changed' | 'no-parent'>;
  /** `in-use`: there are products or categories in it. */
  remove(path: string): Promise<'removed' | 'unknown' | 'in-use'>;
}

/** Something refers to the row: foreign_key_violation, since PostgreSQL 18 restrict_violation for ON DELETE RESTRICT. */
const inUseCodes = ['23503', '23001'];

// xmax is 0 in a row that nobody has changed yet, so it tells an addition from a change.
const putStatement: Statement = {
  name: 'staff-category-put',
  text: `INSERT INTO categories AS c (path, parent_id, name_en, name_bn, position)
  SELECT $1, (SELECT id FROM categories WHERE path = $2), $3, $4, COALESCE($5::int, 0)
   WHERE $2::text IS NULL OR EXISTS (SELECT FROM categories WHERE path = $2)
  ON CONFLICT (path) DO UPDATE SET name_en = EXCLUDED.name_en, name_bn = EXCLUDED.name_bn,
    position = COALESCE($5::int, c.position)
  RETURNING c.xmax = 0 AS is_new`,
};

const removeStatement: Statement = {
  name: 'staff-category-remove',
  text: 'DELETE FROM categories WHERE path = $1 RETURNING id',
};

/** Adapter on PostgreSQL. */
export function categoryRepository(database: Database): CategoryRepository {
  return {
    async put({ path, name, position }) {
      const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : null;
      const values = [path, parent, name.en, name.bn, position ?? null];
      const [row] = await database.run<{ is_new: boolean }>(putStatement, values);
      if (row === undefined) return 'no-parent';
      return row.is_new ? 'added' : 'changed';
    },
    async remove(path) {
      try {
        return (await database.run(removeStatement, [path])).length > 0 ? 'removed' : 'unknown';
      } catch (error) {
        if (inUseCodes.includes(errorCode(error))) return 'in-use';
        throw error;
      }
    },
  };
}
