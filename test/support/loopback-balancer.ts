// A balancer as a Service is one: it hands connections, not requests, to the instances that say they are ready, and hears
// of a change a moment late. A connection stays where it is until one of its ends closes it.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** How late a change is heard. */
const lookIntervalMs = 100;

/** Where an instance listens and tells whether it is ready. */
export interface Instance {
  readonly port: number;
  readonly metricsPort: number;
}

/** The balancer. Make it with `startBalancer`. */
export class LoopbackBalancer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #instances: readonly Instance[] = [];
  #ready: readonly Instance[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#server = createServer((client) => this.#join(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Instances that new connections may go to now. */
  get readyCount(): number {
    return this.#ready.length;
  }

  /** Instances to look at from now on. */
  setInstances(instances: readonly Instance[]): void {
    this.#instances = instances;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#look();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #look(): void {
    const all = this.#instances;
    const isReady = ({ metricsPort }: Instance): Promise<boolean> =>
      fetch(`http://127.0.0.1:${metricsPort}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    void Promise.all(all.map(isReady)).then((found) => {
      this.#ready = all.filter((_, at) => found[at]);
      this.#timer = setTimeout(() => this.#look(), lookIntervalMs);
    });
  }

  #join(client: Socket): void {
    this.#next += 1;
    const instance = this.#ready[this.#next % Math.max(1, this.#ready.length)];
    const server = connect(instance?.port ?? 0, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true).on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
      one.pipe(other);
    }
  }
}

/** A balancer that listens. */
export async function startBalancer(): Promise<LoopbackBalancer> {
  const balancer = new LoopbackBalancer();
  await balancer.listen();
  return balancer;
}
