// One kind and its one cache, filled by one reflector for all namespaces, or by one for each namespace that is named.
import type { ObjectCache } from './object-cache.ts';
import type { ResourceKind } from './kube-object.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';

/** What a set is made of. */
export interface ReflectorSetOptions extends Omit<ReflectorOptions, 'namespace' | 'onState'> {
  /** None: all of them, in one watch. */
  readonly namespaces: readonly string[];
  /** Hears of every change in the state of a reflector, see `ReflectorOptions.onState`. */
  readonly onState?: (reflector: Reflector) => void;
}

/** The reflectors of one kind. */
export class ReflectorSet {
  readonly kind: ResourceKind;
  readonly cache: ObjectCache;
  readonly reflectors: readonly Reflector[];

  constructor({ namespaces, onState, ...options }: ReflectorSetOptions) {
    this.kind = options.kind;
    this.cache = options.cache;
    const reflectorOf = (scope: Pick<ReflectorOptions, 'namespace'>): Reflector => {
      const reflector: Reflector = new Reflector({
        ...options,
        ...scope,
        onState: () => onState?.(reflector),
      });
      return reflector;
    };
    this.reflectors =
      namespaces.length === 0
        ? [reflectorOf({})]
        : namespaces.map((namespace) => reflectorOf({ namespace }));
  }

  /** Begins; does nothing the second time. */
  start(): void {
    for (const reflector of this.reflectors) reflector.start();
  }

  /** Resolves when no request is left. */
  async stop(): Promise<void> {
    await Promise.all(this.reflectors.map((reflector) => reflector.stop()));
  }

  /** The reflector that sees the objects of a namespace. */
  seeing(namespace: string): Reflector | undefined {
    return this.reflectors.find((each) => [undefined, namespace].includes(each.namespace));
  }
}
