import { describe, expect, it } from 'vitest';
import { smallestSpec, storeCases } from '../../support/store-cases.ts';
import { withStoreApi } from '../../support/store-api.ts';

describe('the rules of a store at a real API server', () => {
  const api = withStoreApi();

  it.each(storeCases)('$title', async ({ accepted, refused, path, message }) => {
    const good = await api().create({ ...smallestSpec, ...accepted });
    const bad = await api().create({ ...smallestSpec, ...refused });

    expect(good.status, JSON.stringify(good.body)).toBe(201);
    expect(bad.status).toBe(422);
    const causes = bad.body.details.causes as { field: string; message: string }[];
    const ours = causes.filter(({ field }) => field.startsWith(`spec.${path}`));
    expect(ours.map((cause) => cause.message).join('\n'), JSON.stringify(causes)).toContain(
      message,
    );
  });

  it('never fails to evaluate a rule, however wrong the rest is', async () => {
    const bodies = await Promise.all(
      storeCases.map(({ refused }) => api().create({ ...smallestSpec, ...refused })),
    );

    const messages = bodies.map(({ body }) => body.message as string);
    expect(messages.filter((text) => /evaluating rule|no such|cost|rule:/.test(text))).toEqual([]);
  });

  it.each(['2shop', 'shop.eu', 'a'.repeat(41)])('a store is not named %s', async (name) => {
    const { status, body } = await api().create(smallestSpec, { name });

    expect(status).toBe(422);
    expect(body.message).toContain('metadata: Invalid value: name must have at most 40 characters');
  });

  it.each(['dhaka', 'a'.repeat(40)])('a store may be named %s', async (name) => {
    expect(await api().create(smallestSpec, { name })).toMatchObject({ status: 201 });
  });

  it('names the field that is missing', async () => {
    const { body } = await api().create({ version: '1.0.0' });

    expect(body.message).toContain('spec.hosts: Required value');
  });
});
