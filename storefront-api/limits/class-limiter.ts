// The limits of route classes, by client address. Reading the catalogue is counted in memory: a shared counter would cost a
// statement where the page itself costs none. All other classes are counted once for all replicas.
import { clientKey } from '../domain/client-key.ts';
import type {
  ConsumeBrowse,
  LimitedRequest,
  LimitVerdict,
  RateLimiter,
} from '../middleware/rate-limit.ts';
import type { LimitClass } from '../routing/route.ts';
import type { Allowance, Count, CountedEvent, Counters } from './counters.ts';
import { FirstRefusals } from './first-refusals.ts';
import { MemoryCounters } from './memory-counters.ts';

/** What a limiter stands on. */
export interface ClassLimiterDependencies {
  readonly allowances: Readonly<Record<LimitClass, Allowance>>;
  readonly counters: Counters;
  readonly onDecision: (limitClass: LimitClass, isAllowed: boolean) => void;
}

/** Makes the limiter. */
export function classLimiter(deps: ClassLimiterDependencies): RateLimiter {
  const { allowances, counters, onDecision } = deps;
  const ofThisReplica = new MemoryCounters();
  const refusals = new FirstRefusals();
  const eventOf = ({ limitClass, ip, now }: LimitedRequest): CountedEvent => ({
    name: limitClass,
    key: clientKey(ip),
    allowance: allowances[limitClass],
    now,
  });
  const verdictOf = (limitClass: LimitClass, count: Count): LimitVerdict => {
    const { isAllowed, consumed, resetSeconds } = count;
    const { requests: limit, windowSeconds } = allowances[limitClass];
    onDecision(limitClass, isAllowed);
    const remaining = isAllowed ? Math.max(0, limit - consumed) : 0;
    return { isAllowed, limit, windowSeconds, remaining, resetSeconds, isFirstRefusal: false };
  };
  const consumeBrowse: ConsumeBrowse = (ip, now) => {
    const event = eventOf({ limitClass: 'browse', ip, now });
    return verdictOf('browse', ofThisReplica.consume(event));
  };
  return {
    consumeBrowse,
    async consume(request): Promise<LimitVerdict> {
      const { limitClass } = request;
      const event = eventOf(request);
      const count =
        limitClass === 'browse' ? ofThisReplica.consume(event) : await counters.consume(event);
      const isFirstRefusal = !count.isAllowed && refusals.isFirst(event, count);
      return { ...verdictOf(limitClass, count), isFirstRefusal };
    },
  };
}
