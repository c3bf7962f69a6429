// What a store keeps while the cluster serves an API and its objects are not known (docs/adr/0018): everything.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { finalizeStore } from '../../../../operator/controller/finalize-store.ts';
import { secretResource } from '../../../../operator/controller/kinds.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { aChild, childLabels } from '../../../support/a-child.ts';
import { page } from '../../../support/a-reflector.ts';
import { aReconcile, type OptionalPart } from '../../../support/a-reconcile.ts';
import { aStore } from '../../../support/a-store.ts';
import { hanging } from '../../../support/scripted-client.ts';

type Lists = NonNullable<OptionalPart['served']>;

const listed =
  (...items: readonly KubeObject[]) =>
  (): unknown =>
    page(1, items);
const gatewayApi = 'gateway.networking.k8s.io/v1';
const certManagerApi = 'cert-manager.io/v1';

const started: { stop: () => Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((watches) => watches.stop()));
});

async function aWatched(spec: Partial<StoreSpecInput>, served: Lists) {
  const store = aStore({ spec });
  const made = aReconcile(store, { served });
  started.push(made.watches);
  await made.watch();
  const deletions = (): readonly string[] =>
    made.client.lines().filter((line) => line.startsWith('DELETE'));
  return { ...made, store, deletions };
}

describe('the way through a Gateway', () => {
  const lists: Lists = {
    httproutes: listed(
      aChild(gatewayApi, 'HTTPRoute', 'dhaka-route'),
      aChild(gatewayApi, 'HTTPRoute', 'dhaka-redirect'),
    ),
    listenersets: listed(aChild(gatewayApi, 'ListenerSet', 'dhaka-listeners')),
    gateways: listed(aChild(gatewayApi, 'Gateway', 'dhaka-gateway')),
    gatewayclasses: listed(),
  };
  const own = {
    exposure: {
      mode: 'Gateway' as const,
      gateway: { attach: 'Gateway' as const, gatewayClassName: 'played' },
    },
  };

  it('stays as it is while the classes are not known', async () => {
    const { reconcile, deletions } = await aWatched(own, { ...lists, gatewayclasses: hanging });
    await reconcile();

    expect(deletions()).toEqual([]);
  });

  it('keeps the certificate that its listeners name', async () => {
    const { reconcile, deletions, watches } = await aWatched(
      { ...own, tls: { mode: 'Off' } },
      { ...lists, gatewayclasses: hanging },
    );
    watches.cache(secretResource).observed(aChild('v1', 'Secret', 'dhaka-tls'));
    await reconcile();

    expect(deletions()).toEqual([]);
  });

  it('stays while the next way does not work and its routes are not known', async () => {
    const { reconcile, deletions } = await aWatched(
      { exposure: { mode: 'Ingress' } },
      { ...lists, httproutes: hanging },
    );
    await reconcile();

    expect(deletions()).toEqual([]);
  });

  it('goes as far as it is known when the owner wants none', async () => {
    const { reconcile, deletions } = await aWatched(
      { exposure: { mode: 'None' } },
      { ...lists, httproutes: hanging },
    );
    await reconcile();

    expect(deletions()).toEqual([
      'DELETE /apis/gateway.networking.k8s.io/v1/namespaces/shop/listenersets/dhaka-listeners',
      'DELETE /apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/dhaka-gateway',
    ]);
  });

  it('loses what it does without once all is known', async () => {
    const { reconcile, deletions } = await aWatched(own, lists);
    await reconcile();

    expect(deletions()).toEqual([
      'DELETE /apis/gateway.networking.k8s.io/v1/namespaces/shop/listenersets/dhaka-listeners',
    ]);
  });
});

describe('what cert-manager is asked for', () => {
  const issuer = aChild(certManagerApi, 'Issuer', 'dhaka-letsencrypt-staging');
  const acme = { email: 'tls@example.com', environment: 'Staging' as const };
  const spec = { tls: { mode: 'CertManager' as const, acme } };
  const served: Lists = {
    certificates: hanging,
    issuers: listed(issuer),
    clusterissuers: listed(),
  };

  it('keeps its Issuer while the Certificates are not known', async () => {
    const { reconcile, deletions } = await aWatched(spec, served);
    await reconcile();

    expect(deletions()).toEqual([]);
  });

  const deleted = { deletion: { policy: 'Delete' as const } };
  const secret = aChild('v1', 'Secret', 'dhaka-cert');
  const issued: KubeObject = {
    ...secret,
    metadata: {
      ...secret.metadata,
      labels: { ...childLabels, 'dhakacart.io/store-uid': aStore().metadata.uid },
    },
  };
  const withSecret = async (wish: Partial<StoreSpecInput>, lists: Lists) => {
    const watched = await aWatched({ ...wish, ...deleted }, lists);
    watched.watches.cache(secretResource).observed(issued);
    const { store, tools, deletions } = watched;
    const finalize = (): Promise<void> =>
      finalizeStore(
        {
          ...store,
          metadata: { ...store.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
        },
        tools,
      );
    return { finalize, deletions };
  };

  it.each([
    ['whose store names an issuer', spec],
    ['whose store does so no longer', {}],
  ])(
    'is not deleted by halves with a store, since the Secret would be issued anew: one %s',
    async (_title, wish) => {
      const { finalize, deletions } = await withSecret(wish, served);

      await expect(finalize()).rejects.toThrow(
        'the Certificates of cert-manager.io/v1 are not known',
      );
      expect(deletions()).toEqual([]);
    },
  );

  it('is deleted with a store once it is known, the Certificate before its Secret', async () => {
    const certificate = aChild(certManagerApi, 'Certificate', 'dhaka-tls');
    const { finalize, deletions } = await withSecret(spec, {
      ...served,
      certificates: listed(certificate),
    });
    await finalize();

    expect(deletions()).toEqual([
      'DELETE /apis/cert-manager.io/v1/namespaces/shop/certificates/dhaka-tls',
      'DELETE /api/v1/namespaces/shop/secrets/dhaka-cert',
    ]);
  });

  it('keeps nobody from going in a cluster without cert-manager', async () => {
    const { finalize, deletions } = await withSecret(spec, {});
    await finalize();

    expect(deletions()).toEqual(['DELETE /api/v1/namespaces/shop/secrets/dhaka-cert']);
  });
});
