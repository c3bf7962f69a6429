// What a request meets first: the page cache, then a bound on how many are at work, then Koa.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Admission } from './admission.ts';
import { watchEventLoop } from './event-loop.ts';
import { registerLoadMetrics } from './metrics.ts';
import type { ConsumeBrowse } from './middleware/rate-limit.ts';
import { hotPath, type HotPathParts } from './page-cache/hot-path.ts';
import { refusal } from './refusal.ts';
import { probePaths, type Route } from './routing/route.ts';

/** What the door is made of. */
export interface FrontDoorParts extends Omit<HotPathParts, 'consumeBrowse'> {
  /** undefined: every request goes through Koa. */
  readonly consumeBrowse: ConsumeBrowse | undefined;
  /** Answers its own failures, so its promise always resolves. */
  readonly koa: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly routes: readonly Route[];
  readonly admission: Admission;
}

/** The listener of the shop's port. */
export interface FrontDoor {
  readonly listener: RequestListener;
  /** Ends the watch over the event loop. */
  stop(): void;
}

/** Refuses what is too much; the rest goes to Koa. */
function admitting({
  koa,
  metrics,
  routes,
  allowedOrigins,
  strictTransportSecurity,
  admission,
}: FrontDoorParts): RequestListener {
  // Probes are answered however busy we are: being busy is no reason to be restarted.
  const probes = probePaths(routes);
  const refuse = refusal(allowedOrigins, strictTransportSecurity);
  const leave = (): void => admission.leave();
  return (request, response) => {
    const { method = 'GET', url = '' } = request;
    if (probes.has(url)) {
      void koa(request, response);
    } else if (admission.enter(method)) {
      void koa(request, response).finally(leave);
    } else {
      const startedAt = performance.now();
      refuse(request, response);
      const durationSeconds = (performance.now() - startedAt) / 1_000;
      metrics.series({ method, route: 'unmatched', status: 503 }).observe(durationSeconds);
    }
  };
}

/** Opens the door. */
export function openFrontDoor(parts: FrontDoorParts): FrontDoor {
  const { admission, consumeBrowse } = parts;
  const eventLoop = watchEventLoop((delayMs) => admission.adjust(delayMs));
  registerLoadMetrics(parts.metrics.registry, () => ({
    eventLoopDelaySeconds: eventLoop.delayP99Ms / 1_000,
    admissionLimit: admission.limit,
    refused: admission.refused,
  }));
  const isAnsweredHot = consumeBrowse ? hotPath({ ...parts, consumeBrowse }) : () => false;
  const admit = admitting(parts);
  return {
    listener: (request, response) => {
      if (!isAnsweredHot(request, response)) admit(request, response);
    },
    stop: () => eventLoop.stop(),
  };
}
