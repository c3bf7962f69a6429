// The guard inside reconcile: the same rules as the CRD, for the day on which a spec got past it (an older CRD, rules
// that were ratcheted). It reports paths and rules, never values: a value may be a credential in the wrong place.
import type { z } from 'zod';
import { type StoreSpec, storeSpec } from './store.ts';

/** One thing that is wrong with a spec. */
export interface SpecProblem {
  /** For example `api.autoscaling.minReplicas`, or `hosts[0]`. */
  readonly path: string;
  /** The rule, in words. */
  readonly message: string;
}

/** A spec with its defaults, or what is wrong with it. */
export type ParsedSpec =
  | { readonly ok: true; readonly spec: StoreSpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[] };

/** More problems than this help nobody. */
const maxProblems = 20;

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function problem(issue: z.core.$ZodIssue): SpecProblem {
  return { path: pathText(issue.path), message: issue.message };
}

/** Parses the `spec` of a store as the API server returned it. Pure. */
export function parseStoreSpec(spec: unknown): ParsedSpec {
  const result = storeSpec.safeParse(spec);
  if (result.success) return { ok: true, spec: result.data };
  return { ok: false, problems: result.error.issues.slice(0, maxProblems).map(problem) };
}
