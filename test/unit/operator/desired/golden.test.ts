import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import {
  ConfigMap,
  PersistentVolumeClaim,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { DesiredObject, Manifest } from '../../../../operator/desired/desired-object.ts';
import { isOptional } from '../../../../operator/controller/kinds.ts';
import { aStore } from '../../../support/a-store.ts';
import { allObjects, sampleNames, sampleStore } from './sample-stores.ts';

const models: Readonly<Record<string, new (manifest: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
};

const folderOf = (sample: string): string =>
  fileURLToPath(new URL(`../../../golden/${sample}`, import.meta.url));

const fileName = ({ kind, metadata }: Manifest): string =>
  `${metadata.name}.${kind.toLowerCase()}.yaml`;

function goldenText({ manifest, initialReplicas }: DesiredObject): string {
  const head = initialReplicas === undefined ? '' : `# replicas at creation: ${initialReplicas}\n`;
  return head + stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 });
}

describe.each(sampleNames)('the %s sample', (sample) => {
  const objects = allObjects(sampleStore(sample));

  it.each(objects.map((object) => [fileName(object.manifest), object] as const))(
    'renders %s as reviewed',
    async (file, object) => {
      await expect(goldenText(object)).toMatchFileSnapshot(`${folderOf(sample)}/${file}`);
    },
  );

  it('has no golden file of an object that is no longer rendered', () => {
    const rendered = new Set(objects.map(({ manifest }) => fileName(manifest)));
    // The folder is made by the first run, at its end.
    const files = existsSync(folderOf(sample)) ? readdirSync(folderOf(sample)) : [];
    expect(files.filter((file) => !rendered.has(file))).toEqual([]);
  });
});

describe('every manifest', () => {
  const withoutScaling = aStore({
    spec: {
      deletion: { policy: 'Delete' },
      api: { replicas: 0, autoscaling: { enabled: false } },
      web: { replicas: 2, autoscaling: { enabled: false } },
    },
  });
  const stores = [...sampleNames.map(sampleStore), withoutScaling];
  const manifests = stores.flatMap((store) => allObjects(store).map(({ manifest }) => manifest));

  // Kinds of other projects are judged by an API server that has their CRDs, in tests of their own.
  const builtIn = manifests.filter((manifest) => !isOptional(manifest));

  it.each(builtIn.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest]))(
    'is valid: %s',
    (_name, manifest) => {
      const { kind } = manifest;
      const Model = models[kind];
      if (Model === undefined) throw new Error(`no model for ${kind}`);
      new Model(manifest as never).validate();
    },
  );

  it('has no empty map, list or text and nothing undefined, which server-side apply would not keep', () => {
    const emptyPaths = (value: unknown, path: string): string[] => {
      // In the atomic lists of the Gateway API the empty group of the core API is kept.
      if (value === undefined || (value === '' && !path.endsWith('.group'))) return [path];
      if (typeof value !== 'object' || value === null) return [];
      const entries = Object.entries(value);
      return entries.length === 0
        ? [path]
        : entries.flatMap(([key, child]) => emptyPaths(child, `${path}.${key}`));
    };
    const env = [{ name: 'EMPTY', value: '' }];
    const toleration = [{ operator: 'Exists' as const }];
    const sparse = aStore({ spec: { api: { env, scheduling: { tolerations: toleration } } } });
    const all = [...manifests, ...allObjects(sparse).map(({ manifest }) => manifest)];
    expect(all.flatMap((manifest) => emptyPaths(manifest, manifest.kind))).toEqual([]);
  });
});
