import type {
  WatchClient,
  WatchEvent,
  WatchRequest,
  WatchStream,
} from '../../operator/runtime/api-client.ts';
import type { KubeObject, ResourceKind } from '../../operator/runtime/kube-object.ts';
import { type CacheChange, ObjectCache } from '../../operator/runtime/object-cache.ts';
import { Reflector, type ReflectorOptions } from '../../operator/runtime/reflector.ts';
import { defaultSettings } from '../../operator/runtime/settings.ts';
import { FakeClock } from './fake-clock.ts';
import { type Answering, networkFailure, ScriptedClient } from './scripted-client.ts';

const kind: ResourceKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/** An object of the watched kind. */
export function anItem(name: string, version: number, uid = `uid-${name}`): KubeObject {
  const metadata = { name, namespace: 'shop', uid, resourceVersion: String(version) };
  return { metadata } as KubeObject;
}

/** A page of a list. */
export const page = (version: number, items: readonly KubeObject[], next?: string) => ({
  metadata: { resourceVersion: String(version), ...(next && { continue: next }) },
  items,
});

/** A watch that the test speaks through. */
class ScriptedStream implements WatchStream {
  readonly request: WatchRequest;
  isClosed = false;
  readonly #queue: (WatchEvent | Error | 'end')[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(request: WatchRequest) {
    this.request = request;
    request.signal.addEventListener('abort', () => this.say(networkFailure()), { once: true });
  }

  say(...said: (WatchEvent | Error | 'end')[]): void {
    this.#queue.push(...said);
    this.#wake.resolve();
  }

  close(): void {
    this.isClosed = true;
  }

  async *events(): AsyncGenerator<WatchEvent> {
    for (;;) {
      const next = this.#queue.shift();
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
      }
    }
  }
}

/** A client whose watches the test speaks through. */
export class ScriptedWatchClient extends ScriptedClient implements WatchClient {
  readonly streams: ScriptedStream[] = [];
  readonly watched: WatchRequest[] = [];
  watchFailure: Error | undefined;

  watch(request: WatchRequest): Promise<WatchStream> {
    this.watched.push(request);
    if (this.watchFailure !== undefined) return Promise.reject(this.watchFailure);
    const stream = new ScriptedStream(request);
    this.streams.push(stream);
    return Promise.resolve(stream);
  }

  get stream(): ScriptedStream {
    return this.streams.at(-1) as ScriptedStream;
  }
}

/** A reflector, and everything that it is told and tells. */
export function aReflector(answer: Answering, options: Partial<ReflectorOptions> = {}) {
  const clock = new FakeClock();
  const client = new ScriptedWatchClient(answer);
  const changes: CacheChange[] = [];
  const failures: { readonly reason: string | undefined; readonly delayMs: number }[] = [];
  const heard: string[] = [];
  const cache = new ObjectCache({
    manager: 'operator',
    project: (object) => object,
    onChange: (change) => changes.push(change),
  });
  const reflector = new Reflector({
    kind,
    cache,
    client,
    clock,
    settings: defaultSettings.reflector,
    observer: {
      listed: (name, { objects, pages }) => heard.push(`${name} ${objects} in ${pages}`),
      watchEvent: (_name, type) => heard.push(type),
      failed: (_name, { error, delayMs }) =>
        failures.push({ reason: (error as { reason?: string }).reason, delayMs }),
    },
    random: () => 0.5,
    ...options,
  });
  const keys = (): string[] => [...cache.list()].map(({ object }) => object.metadata.name);
  return { clock, client, cache, reflector, changes, failures, heard, keys };
}

/** An event of a watch. */
export const event = (type: WatchEvent['type'], object: unknown): WatchEvent => ({ type, object });
