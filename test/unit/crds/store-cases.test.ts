// The table of examples stays complete by itself: a rule without a refused example fails here.
import { describe, expect, it } from 'vitest';
import { storeSpec } from '../../../crds/store/store.ts';
import { structuralSchema, type StructuralSchema } from '../../../crds/structural-schema.ts';
import { storeCases } from '../../support/store-cases.ts';
import { changeCases } from '../../support/store-database-cases.ts';

interface FieldRule {
  readonly path: string;
  readonly message: string;
}

function rulesBelow(schema: StructuralSchema, path: string): readonly FieldRule[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ fieldPath = '', message }) => ({
    path: anyComponent(`${path}${fieldPath}`),
    message,
  }));
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rulesBelow(child, `${path}.${name}`),
  );
  return [...own, ...named, ...(schema.items ? rulesBelow(schema.items, `${path}[]`) : [])];
}

/** `api` and `web` have the same rules, so an example at one of them is enough. */
function anyComponent(path: string): string {
  return path.replace(/^\./, '').replace(/^(api|web)\b/, '<component>');
}

describe('the table of examples', () => {
  it('has a refused example for each rule of the contract', () => {
    const examples = [
      ...storeCases.map(({ path, guard, message }) => ({ path, text: guard ?? message })),
      ...changeCases.map(({ path, message }) => ({ path, text: message })),
    ].map(({ path, text }) => ({
      path: anyComponent(path.replaceAll(/\[\d+\]/g, '[]')),
      text,
    }));
    const isShown = (rule: FieldRule): boolean =>
      examples.some(({ path, text }) => path === rule.path && rule.message.includes(text));

    const missing = rulesBelow(structuralSchema(storeSpec), '').filter((rule) => !isShown(rule));

    expect(missing).toEqual([]);
  });
});
