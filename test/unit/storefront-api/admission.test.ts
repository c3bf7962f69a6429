import { beforeEach, describe, expect, it } from 'vitest';
import { Admission, admissionLimits } from '../../../storefront-api/admission.ts';

let admission: Admission;
beforeEach(() => {
  admission = new Admission();
});

function entered(method: string, attempts: number): number {
  return Array.from({ length: attempts }, () => admission.enter(method)).filter(Boolean).length;
}

describe('admission', () => {
  it('takes in as many as may be at work, and another when one has left', () => {
    expect(entered('POST', 1_000)).toBe(admissionLimits.most);
    admission.leave();
    expect(entered('POST', 1_000)).toBe(1);
    expect(admission.refused).toBe(2_000 - admissionLimits.most - 1);
  });

  it('keeps room for who is buying when many are looking', () => {
    const readers = admissionLimits.most * admissionLimits.readerShare;
    expect(entered('GET', 1_000)).toBe(readers);
    expect(entered('HEAD', 10)).toBe(0);
    expect(entered('POST', 1_000)).toBe(admissionLimits.most - readers);
  });

  it('gives the place of a request that waits for its client to others, and wants one when it is over', async () => {
    const arrival = Promise.withResolvers<string>();
    expect(entered('POST', admissionLimits.most)).toBe(admissionLimits.most);
    const [first, second] = [1, 2].map(() => admission.wait('POST', () => arrival.promise));
    expect(entered('POST', 1_000)).toBe(2);
    admission.leave();
    arrival.resolve('body');
    expect(await first).toBe('body');
    await expect(second).rejects.toMatchObject({ status: 503, code: 'overloaded' });
    admission.leave(); // refused, it still leaves as all do
    expect(entered('POST', 1_000)).toBe(0);
    admission.leave();
    expect(entered('POST', 1_000)).toBe(1);
  });

  it('loses no place when a client goes away', async () => {
    for (let times = 0; times < 2 * admissionLimits.most; times += 1) {
      expect(admission.enter('POST')).toBe(true);
      const gone = Promise.reject(new Error('aborted'));
      await expect(admission.wait('POST', () => gone)).rejects.toThrow('aborted');
      admission.leave();
    }
    expect(entered('POST', 1_000)).toBe(admissionLimits.most);
  });

  it('has no more than so many wait', async () => {
    const arrival = Promise.withResolvers<void>();
    const waiting = Array.from({ length: admissionLimits.mostWaiting }, () => {
      admission.enter('POST');
      return admission.wait('POST', () => arrival.promise).finally(() => admission.leave());
    });
    expect(admission.enter('POST')).toBe(true);
    const surplus = admission.wait('POST', () => arrival.promise);
    await expect(surplus).rejects.toMatchObject({ code: 'overloaded' });
    admission.leave();
    arrival.resolve();
    await Promise.allSettled(waiting);
    expect(entered('POST', 1_000)).toBe(admissionLimits.most);
  });

  it('shrinks while the event loop is late, and grows when it is not', () => {
    admission.adjust(admissionLimits.shrinkAboveMs + 1);
    expect(admission.limit).toBe(Math.floor(admissionLimits.most * admissionLimits.shrinkFactor));
    for (let times = 0; times < 50; times += 1) admission.adjust(1_000);
    expect(admission.limit).toBe(admissionLimits.least);
    admission.adjust((admissionLimits.shrinkAboveMs + admissionLimits.growBelowMs) / 2);
    expect(admission.limit).toBe(admissionLimits.least);
    for (let times = 0; times < 50; times += 1) admission.adjust(1);
    expect(admission.limit).toBe(admissionLimits.most);
  });
});
