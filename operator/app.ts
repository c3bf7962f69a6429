// The life of one operator: servers first, then the CRD, the caches, the lease, the queue; and back in good order.
import { assemble, type OperatorOptions, type OperatorParts } from './assemble.ts';
import { metricsPages, probePages } from './probes.ts';
import { type RunningServer, serve } from './server.ts';

/** An operator that runs. */
export interface RunningOperator {
  readonly metricsPort: number;
  readonly healthPort: number;
  /** Drains, releases the lease, closes. Resolves to false when runs had to be left behind. */
  stop(): Promise<boolean>;
}

interface Servers {
  readonly metrics: RunningServer;
  readonly health: RunningServer;
}

async function startServers(parts: OperatorParts): Promise<Servers> {
  const { registry, config, settings } = parts;
  const metrics = await serve(metricsPages(registry), config.metricsAddress);
  const health = await serve(probePages(parts, settings.health), config.healthAddress);
  return { metrics, health };
}

async function run(parts: OperatorParts, signal: AbortSignal): Promise<void> {
  const { log, gate, capabilities, crds, operator, elector, lead } = parts;
  crds?.start();
  await gate.opened(signal);
  if (signal.aborted) return;
  await capabilities.start();
  // Before the first answer an optional API would pass for absent.
  await Promise.race([capabilities.whenReady(), aborted(signal)]);
  if (signal.aborted) return;
  await Promise.race([operator.start(), aborted(signal)]);
  if (signal.aborted) return;
  log.info('the caches are filled');
  if (elector === undefined) lead();
  else elector.start();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function shutDown(parts: OperatorParts, servers: Servers): Promise<boolean> {
  const { queue, settings, elector, operator, crds, capabilities, events, transport, lag, log } =
    parts;
  const { drainMs, abortMs } = settings.shutdown;
  const isDrained = await queue.drain(drainMs, abortMs);
  await events.flush();
  await elector?.stop();
  await Promise.all([operator.stopped(), crds?.stop()]);
  capabilities.stop();
  await transport.close();
  lag.stop();
  await Promise.all([servers.metrics.close(), servers.health.close()]);
  log.info({ isDrained }, 'stopped');
  return isDrained;
}

/**
 * Starts an operator; resolves when its servers listen, the rest goes on behind them.
 * @throws Error when there is no usable kubeconfig or an address is taken
 */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const parts = assemble(options);
  const servers = await startServers(parts);
  const life = new AbortController();
  const running = run(parts, life.signal);
  return {
    metricsPort: servers.metrics.port,
    healthPort: servers.health.port,
    async stop() {
      life.abort();
      await running;
      return shutDown(parts, servers);
    },
  };
}
