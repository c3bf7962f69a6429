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
