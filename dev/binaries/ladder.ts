// Where the control plane comes from: a ladder of rungs, tried in order. A rung either finds a
// source, or says in one sentence why not and, where somebody can do something about it, what.

import type { ControlPlaneBinaries } from './control-plane-binaries.ts';

/** What a rung found. */
export type ControlPlaneSource =
  /** A cluster that runs already and is used as it is. */
  | { readonly kind: 'kubeconfig'; readonly path: string }
  /** Programs to start a cluster from. */
  | { readonly kind: 'binaries'; readonly binaries: ControlPlaneBinaries }
  /** Docker, in which K3s can run. */
  | { readonly kind: 'k3s' };

/** How a rung ended: `because` completes "using …", `advice` is a whole sentence on what to install. */
export type RungOutcome =
  | { readonly found: ControlPlaneSource; readonly because: string }
  | { readonly skipped: string; readonly advice?: string };

/** One rung. It never throws for what it can explain. */
export interface Rung {
  readonly name: string;
  readonly attempt: () => Promise<RungOutcome>;
}

/** The rung that held, and the one sentence to print about it. */
export interface LadderResult {
  readonly rung: string;
  readonly sentence: string;
  readonly source: ControlPlaneSource;
}

/** No rung held. The message has one line for each tool that would help. */
export class NoControlPlaneError extends Error {
  override readonly name = 'NoControlPlaneError';
}

/** Tries the rungs in order and stops at the first that finds something. */
export async function climb(rungs: readonly Rung[]): Promise<LadderResult> {
  const skipped: string[] = [];
  const advice: string[] = [];
  for (const rung of rungs) {
    const outcome = await rung.attempt();
    if ('found' in outcome) {
      const sentence = `control plane: using ${outcome.because}`;
      return { rung: rung.name, sentence, source: outcome.found };
    }
    skipped.push(`  - ${rung.name}: ${outcome.skipped}`);
    if (outcome.advice !== undefined) advice.push(`  - ${outcome.advice}`);
  }
  throw new NoControlPlaneError(
    ['no Kubernetes control plane found. Tried, in this order:', ...skipped]
      .concat(['any one of these helps:', ...advice])
      .join('\n'),
  );
}
