// The limits of route classes, by client address. Reading the catalogue is counted in memory: a shared counter would cost a
// statement where the page itself costs none. All other classes are counted once for all replicas.
import { clientKey } from '../domain/client-key.ts';
import type { LimitedRequest, LimitVerdict, RateLimiter } from '../middleware/rate-limit.ts';
import type { LimitClass } from '../routing/route.ts';
import type { Allowance, Count, Counters } from './counters.ts';
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
  const countOf = ({ limitClass, ip, now }: LimitedRequest): Count | Promise<Count> => {
    const event = { name: limitClass, key: clientKey(ip), allowance: allowances[limitClass], now };
    return limitClass === 'browse' ? ofThisReplica.consume(event) : counters.consume(event);
  };
  return {
    async consume(request): Promise<LimitVerdict> {
      const { isAllowed, consumed, resetSeconds } = await countOf(request);
      const limit = allowances[request.limitClass].requests;
      onDecision(request.limitClass, isAllowed);
      const remaining = isAllowed ? Math.max(0, limit - consumed) : 0;
      return { isAllowed, limit, remaining, resetSeconds };
    },
  };
}
