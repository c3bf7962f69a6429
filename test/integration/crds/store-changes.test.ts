import { describe, expect, it } from 'vitest';
import { withNamespace } from '../../support/cluster.ts';
import { withStoreApi } from '../../support/store-api.ts';
import { smallestSpec } from '../../support/store-cases.ts';
import { changeCases } from '../../support/store-database-cases.ts';

describe('the rules on changes of a store at a real API server', () => {
  const api = withStoreApi();
  const namespace = withNamespace('changes');

  it.each(changeCases.map((example, at) => ({ ...example, name: `store-${at}` })))(
    '$title',
    async ({ name, before, accepted, refused, path, message }) => {
      const stores = `/apis/dhakacart.io/v1alpha1/namespaces/${namespace()}/dhakacartstores`;
      const store = (spec: object, metadata: object = {}) => ({
        apiVersion: 'dhakacart.io/v1alpha1',
        kind: 'DhakaCartStore',
        metadata: { name, ...metadata },
        spec: { ...smallestSpec, ...spec },
      });
      const made = await api().client.request('POST', stores, { body: store(before) });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      const { resourceVersion } = made.body.metadata;
      const change = (spec: object) =>
        api().client.request('PUT', `${stores}/${name}?dryRun=All`, {
          body: store(spec, { resourceVersion }),
        });

      const good = await change(accepted);
      const bad = await change(refused);

      expect(good.status, JSON.stringify(good.body)).toBe(200);
      expect(bad.status).toBe(422);
      const causes = bad.body.details.causes as { field: string; message: string }[];
      const ours = causes.filter(({ field }) => field === `spec.${path}`);
      expect(ours.map((cause) => cause.message).join('\n'), JSON.stringify(causes)).toContain(
        message,
      );
    },
  );
});
