// What became of stores, version by version. The API server remembers for a while, so nothing has to watch meanwhile and
// nothing can be missed: a watch from an old version tells it all.
import type { ApiClient } from './api-client.ts';
import type { LiveObject } from './stores.ts';

interface HistoryEvent {
  readonly type: string;
  readonly object: LiveObject;
}

/** A condition of one version of a store. */
export interface HistoricCondition {
  readonly store: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

const storesOf = (namespace: string): string =>
  `/apis/dhakacart.io/v1alpha1/namespaces/${namespace}/dhakacartstores`;

/** The version of now, to read a history from later. */
export async function versionNow(client: ApiClient, namespace: string): Promise<string> {
  const { status, body } = await client.request('GET', storesOf(namespace));
  if (status !== 200) throw new Error(`no version: ${status} ${JSON.stringify(body)}`);
  return String(body.metadata.resourceVersion);
}

/** Every version of each store of a namespace since then, oldest first. */
export async function storeHistory(
  client: ApiClient,
  namespace: string,
  since: string,
): Promise<readonly LiveObject[]> {
  const query = `?watch=true&resourceVersion=${since}&timeoutSeconds=1`;
  const { status, body } = await client.request('GET', `${storesOf(namespace)}${query}`);
  if (status !== 200) throw new Error(`no history: ${status} ${JSON.stringify(body)}`);
  // One line alone is JSON, and comes parsed.
  const lines = typeof body === 'string' ? body.split('\n').filter((line) => line !== '') : [body];
  const events = lines.map(
    (line) => (typeof line === 'string' ? JSON.parse(line) : line) as HistoryEvent,
  );
  const broken = events.find(({ type }) => type === 'ERROR');
  if (broken !== undefined) throw new Error(`no history: ${JSON.stringify(broken.object)}`);
  return events.map(({ object }) => object);
}

/** The conditions of every version. */
export function historicConditions(history: readonly LiveObject[]): readonly HistoricCondition[] {
  return history.flatMap(({ metadata, status }) =>
    ((status?.conditions ?? []) as { type: string; status: string; reason: string }[]).map(
      ({ type, status: value, reason }) => ({
        store: metadata.name,
        resourceVersion: metadata.resourceVersion,
        type,
        status: value,
        reason,
      }),
    ),
  );
}

/** Conditions that were True in one version and are not in a later one of the same store. */
export function fallenConditions(history: readonly LiveObject[]): readonly HistoricCondition[] {
  const isTrue = new Set<string>();
  return historicConditions(history).filter(({ store, type, status }) => {
    const key = `${store} ${type}`;
    if (status === 'True') isTrue.add(key);
    return status !== 'True' && isTrue.has(key);
  });
}
