// Plays the platform and the controller of a Gateway: no proxy runs, but the status is written as a controller would.
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { type LiveObject, read } from './stores.ts';

export const gatewayController = 'example.com/gateway-controller';

const apiVersion = 'gateway.networking.k8s.io/v1';
const moment = '2026-01-01T00:00:00Z';

interface ConditionWish {
  readonly type: string;
  readonly status?: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

const conditions = (generation: number, ...wishes: readonly ConditionWish[]) =>
  wishes.map(({ type, status = 'True', reason = type, message = '' }) => ({
    type,
    status,
    reason,
    message,
    observedGeneration: generation,
    lastTransitionTime: moment,
  }));

/** Where an object is. */
export interface Place {
  readonly name: string;
  readonly namespace: string;
}

/** The controller of one class of Gateways. */
export class PlayedGateway {
  readonly #cluster: () => ClusterAccess;

  constructor(cluster: () => ClusterAccess) {
    this.#cluster = cluster;
  }

  async #apply(manifest: object): Promise<void> {
    await mustRun(
      this.#cluster(),
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion, ...manifest }),
    );
  }

  async #writeStatus(resource: string, { namespace }: Place, status: object): Promise<void> {
    const args = ['patch', resource, '-n', namespace, '--subresource=status', '--type=merge', '-p'];
    await mustRun(this.#cluster(), [...args, JSON.stringify({ status })]);
  }

  #read(resource: string, { namespace }: Place): Promise<LiveObject> {
    return read(this.#cluster(), [resource, '-n', namespace]);
  }

  /** Installs the class; `features` as its controller tells them. */
  async installClass(name: string, features: readonly string[] = []): Promise<void> {
    await this.#apply({
      kind: 'GatewayClass',
      metadata: { name },
      spec: { controllerName: gatewayController },
    });
    await this.#writeStatus(
      `gatewayclass/${name}`,
      { name, namespace: 'default' },
      {
        conditions: conditions(1, { type: 'Accepted' }),
        supportedFeatures: features.map((feature) => ({ name: feature })),
      },
    );
  }

  /** Makes a Gateway of the platform with listeners http and https. */
  async installGateway({ name, namespace }: Place, gatewayClassName: string): Promise<void> {
    const allowedRoutes = { namespaces: { from: 'All' } };
    const tls = { mode: 'Terminate', certificateRefs: [{ name: 'wildcard' }] };
    await this.#apply({
      kind: 'Gateway',
      metadata: { name, namespace },
      spec: {
        gatewayClassName,
        listeners: [
          { name: 'http', protocol: 'HTTP', port: 80, allowedRoutes },
          { name: 'https', protocol: 'HTTPS', port: 443, tls, allowedRoutes },
        ],
      },
    });
  }

  /** Tells that a Gateway serves at addresses; none: it waits for one. */
  async program(place: Place, ...addresses: readonly string[]): Promise<void> {
    const resource = `gateway/${place.name}`;
    const { metadata, spec } = await this.#read(resource, place);
    const generation = metadata['generation' as never] as number;
    const waiting = {
      status: 'False',
      reason: 'AddressNotAssigned',
      message: 'none is free',
    } as const;
    await this.#writeStatus(resource, place, {
      conditions: conditions(
        generation,
        { type: 'Accepted' },
        {
          type: 'Programmed',
          ...(addresses.length === 0 && waiting),
        },
      ),
      addresses: addresses.map((value) => ({ type: 'IPAddress', value })),
      listeners: this.#listeners(spec.listeners, generation),
    });
  }

  /** Takes a ListenerSet, or refuses it. */
  async judgeListeners(place: Place, wish: Omit<ConditionWish, 'type'> = {}): Promise<void> {
    const resource = `listenerset/${place.name}`;
    const { metadata, spec } = await this.#read(resource, place);
    const generation = metadata['generation' as never] as number;
    await this.#writeStatus(resource, place, {
      conditions: conditions(generation, { type: 'Accepted', ...wish }),
      listeners: this.#listeners(spec.listeners, generation),
    });
  }

  #listeners(listeners: readonly { name: string }[], generation: number): readonly object[] {
    const wishes = ['Accepted', 'Programmed', 'ResolvedRefs'].map((type) => ({ type }));
    return listeners.map(({ name }) => ({
      name,
      attachedRoutes: 1,
      supportedKinds: [],
      conditions: conditions(generation, ...wishes),
    }));
  }

  /** Takes a route at each of its parents, or refuses it. */
  async judgeRoute(place: Place, ...wishes: readonly ConditionWish[]): Promise<void> {
    const resource = `httproute/${place.name}`;
    const { metadata, spec } = await this.#read(resource, place);
    const generation = metadata['generation' as never] as number;
    const judged = conditions(generation, { type: 'Accepted' }, { type: 'ResolvedRefs' }).filter(
      ({ type }) => !wishes.some((wish) => wish.type === type),
    );
    await this.#writeStatus(resource, place, {
      parents: (spec.parentRefs as readonly object[]).map((parentRef) => ({
        parentRef,
        controllerName: gatewayController,
        conditions: [...judged, ...conditions(generation, ...wishes)],
      })),
    });
  }
}
