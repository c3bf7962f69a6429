// Pins what StoreOperator inherits from @dot-i/k8s-operator: an upgrade of the package that changes any of it fails here.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import operatorPackage, {
  type ResourceEvent,
  ResourceEventType,
  type ResourceMeta,
  ResourceMetaImpl,
} from '@dot-i/k8s-operator';
import { describe, expect, it } from 'vitest';
import { StoreOperator } from '../../../operator/store-operator.ts';

const Operator = operatorPackage.default;
const ours = 'dhakacart.io/store';
const foreign = 'foregroundDeletion';

/** The base class with its finalizer protocol open, and a log of what it asks of its subclass. */
class InspectedOperator extends Operator {
  readonly calls: string[] = [];
  failure: Error | undefined;

  async handle(event: ResourceEvent, deleteAction?: () => Promise<void>): Promise<boolean> {
    return this.handleResourceFinalizer(event, ours, async () => {
      this.calls.push('delete action');
      await deleteAction?.();
    });
  }

  protected override async init(): Promise<void> {
    await Promise.resolve();
    this.calls.push('init');
    if (this.failure !== undefined) throw this.failure;
  }

  protected override async setResourceFinalizers(
    meta: ResourceMeta,
    finalizers: string[],
  ): Promise<void> {
    await Promise.resolve();
    this.calls.push(`${meta.name}: ${finalizers.join(' ')}`);
    if (this.failure !== undefined) throw this.failure;
  }
}

function event(
  type: ResourceEventType,
  metadata: { readonly finalizers?: string[]; readonly deletionTimestamp?: string },
): ResourceEvent {
  const object = {
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    metadata: { name: 'shop', namespace: 'shops', resourceVersion: '7', ...metadata },
  } as unknown as ResourceEvent['object'];
  return { type, meta: ResourceMetaImpl.createWithPlural('dhakacartstores', object), object };
}

const deletionTimestamp = '2026-01-01T00:00:00Z';
const { Added, Modified, Deleted } = ResourceEventType;

describe('the finalizer protocol of the base class', () => {
  it.each([
    // A living object gets the finalizer, behind those that are there.
    { type: Added, metadata: {}, handled: true, calls: [`shop: ${ours}`] },
    { type: Modified, metadata: {}, handled: true, calls: [`shop: ${ours}`] },
    {
      type: Modified,
      metadata: { finalizers: [foreign] },
      handled: true,
      calls: [`shop: ${foreign} ${ours}`],
    },
    // One that has it is the caller's to work on.
    { type: Added, metadata: { finalizers: [ours] }, handled: false, calls: [] },
    { type: Modified, metadata: { finalizers: [foreign, ours] }, handled: false, calls: [] },
    // A dying one is torn down first, then let go; foreign finalizers stay.
    {
      type: Modified,
      metadata: { finalizers: [ours], deletionTimestamp },
      handled: true,
      calls: ['delete action', 'shop: '],
    },
    {
      type: Added,
      metadata: { finalizers: [foreign, ours], deletionTimestamp },
      handled: true,
      calls: ['delete action', `shop: ${foreign}`],
    },
    // One that is dying without it is nobody's business any more.
    { type: Modified, metadata: { deletionTimestamp }, handled: true, calls: [] },
    {
      type: Modified,
      metadata: { finalizers: [foreign], deletionTimestamp },
      handled: true,
      calls: [],
    },
    // What is gone is not touched.
    { type: Deleted, metadata: {}, handled: false, calls: [] },
    {
      type: Deleted,
      metadata: { finalizers: [ours], deletionTimestamp },
      handled: false,
      calls: [],
    },
  ])('$type $metadata: handled is $handled after $calls', async (row) => {
    const operator = new InspectedOperator();
    expect(await operator.handle(event(row.type, row.metadata))).toBe(row.handled);
    expect(operator.calls).toEqual(row.calls);
  });

  it('keeps the finalizer when the delete action fails, and passes the failure on', async () => {
    const operator = new InspectedOperator();
    const dying = event(Modified, { finalizers: [ours], deletionTimestamp });
    const failing = operator.handle(dying, () => Promise.reject(new Error('not empty yet')));
    await expect(failing).rejects.toThrow('not empty yet');
    expect(operator.calls).toEqual(['delete action']);
  });

  it('passes on that the finalizer could not be written', async () => {
    const operator = new InspectedOperator();
    operator.failure = new Error('conflict');
    await expect(operator.handle(event(Added, {}))).rejects.toThrow('conflict');
  });

  it('edits the list of finalizers in place, so it must be given a copy', async () => {
    const finalizers = [foreign];
    await new InspectedOperator().handle(event(Added, { finalizers }));
    expect(finalizers).toEqual([foreign, ours]);
  });
});

describe('the lifecycle of the base class', () => {
  it('starts by one init, and waits for it', async () => {
    const operator = new InspectedOperator();
    await operator.start();
    expect(operator.calls).toEqual(['init']);
  });

  it('fails to start when init fails', async () => {
    const operator = new InspectedOperator();
    operator.failure = new Error('no caches');
    await expect(operator.start()).rejects.toThrow('no caches');
  });
});

describe('the types of the base class', () => {
  it('names events as the API server does', () => {
    expect({ ...ResourceEventType }).toEqual({
      Added: 'ADDED',
      Modified: 'MODIFIED',
      Deleted: 'DELETED',
    });
  });

  it('takes the identity of a resource from its metadata', () => {
    expect({ ...event(Added, {}).meta }).toEqual({
      id: 'dhakacartstores.dhakacart.io/v1alpha1',
      name: 'shop',
      namespace: 'shops',
      resourceVersion: '7',
      apiVersion: 'dhakacart.io/v1alpha1',
      kind: 'DhakaCartStore',
    });
  });

  it('refuses an object without a resource version', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };
    expect(() => ResourceMetaImpl.createWithPlural('pods', object)).toThrow(
      "Malformed event object for 'pods.v1'",
    );
  });
});

describe('what StoreOperator takes over', () => {
  const inherited = ['constructor', 'start', 'handleResourceFinalizer'];
  /** Reached only from methods that are overridden. */
  const unreachable = [
    'applyAxiosKubeConfigAuth',
    'applyGaxiosKubeConfigAuth',
    'resourceStatusRequest',
    'errorToJson',
  ];
  const overridden = [
    'stop',
    'init',
    'registerCustomResourceDefinition',
    'getCustomResourceApiUri',
    'watchResource',
    'setResourceStatus',
    'patchResourceStatus',
    'setResourceFinalizers',
  ];

  it('knows every method of the base class', () => {
    const known = [...inherited, ...unreachable, ...overridden].filter((name) => name !== 'init');
    expect(Object.getOwnPropertyNames(Operator.prototype).toSorted()).toEqual(known.toSorted());
  });

  it.each(overridden)('overrides %s', (name) => {
    expect(Object.getOwnPropertyNames(StoreOperator.prototype)).toContain(name);
  });
});

describe('what the base class uses of packages that the bundle leaves out', () => {
  const file = createRequire(import.meta.url).resolve('@dot-i/k8s-operator');
  const source = readFileSync(file, 'utf8');
  const used = (variables: string): readonly string[] =>
    [...source.matchAll(new RegExp(`\\b(?:${variables})\\.(\\w+)`, 'g'))].map(
      ([, name]) => name ?? '',
    );

  it('is of client-node what dev/lean-client-node.ts gives it', () => {
    const names = used('k8s|client_node_1').filter((name) => name !== 'io'); // "apiextensions.k8s.io/"
    expect([...new Set(names)].toSorted()).toEqual([
      'ApiextensionsV1Api',
      'CoreV1Api',
      'KubeConfig',
      'Watch',
      'loadYaml',
    ]);
  });

  it('is of gaxios what dev/lean-client-node.ts gives it', () => {
    expect([...new Set(used('gaxios_1\\.instance'))]).toEqual(['request']);
    expect([...new Set(used('gaxios_1'))]).toEqual(['instance']);
  });
});
