import { describe, expect, it } from 'vitest';
import { storeSpec } from '../../../crds/store/store.ts';
import { structuralSchema } from '../../../crds/structural-schema.ts';
import { boundCases, pathText } from '../../support/schema-bounds.ts';
import { withStoreApi } from '../../support/store-api.ts';
import { smallestSpec } from '../../support/store-cases.ts';

const cases = boundCases(structuralSchema(storeSpec));

/** The smallest spec with one value at a path, and nothing else around it. */
function specWith(path: readonly (string | 0)[], value: unknown): object {
  const patch = path.reduceRight<unknown>(
    (inner, step) => (step === 0 ? [inner] : { [step]: inner }),
    value,
  );
  return { ...smallestSpec, ...(patch as object) };
}

describe('the bounds of a store at a real API server', () => {
  const api = withStoreApi();

  const causesAt = async (path: readonly (string | 0)[], value: unknown): Promise<string> => {
    const { body } = await api().create(specWith(path, value));
    const causes = (body.details?.causes ?? []) as { field: string; message: string }[];
    const field = `spec.${pathText(path)}`;
    return causes
      .filter((cause) => cause.field === field)
      .map((cause) => cause.message)
      .join('\n');
  };

  it('has many', () => {
    expect(cases.length).toBeGreaterThan(100);
  });

  it.each(cases)('$title', async ({ path, within, beyond, message }) => {
    expect(await causesAt(path, within)).not.toContain(message);
    expect(await causesAt(path, beyond)).toContain(message);
  });
});
