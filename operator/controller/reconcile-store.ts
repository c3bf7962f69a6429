// The story of one reconcile, as a table of contents. Level, not edge: it asks what the store should be and what is there,
// never what happened.
import type { Store } from '../../crds/store/store.ts';
import { parseStoreSpec } from '../../crds/store/parse.ts';
import { desiredObjects } from '../desired/desired-objects.ts';
import { generatedSecrets } from '../desired/generated-secrets.ts';
import { OperatorError, TerminalError, TransientError } from '../errors.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Outcome } from '../status/observation.ts';
import { applyChildren, pruneChildren } from './apply-children.ts';
import { operatorError, worstError } from './classify-error.ts';
import { gatherFacts } from './gather-facts.ts';
import { ensureGeneratedSecret } from './generated-secrets.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { writeStatus } from './write-status.ts';

/**
 * Makes a store what its spec says and writes what came of it into its status.
 * @throws OperatorError for the queue: terminal, waiting or transient
 */
export async function reconcileStore(object: KubeObject, tools: ReconcileTools): Promise<void> {
  const parsed = parseStoreSpec(object['spec']);
  if (!parsed.ok) {
    const { problems } = parsed;
    await writeStatus(asStore(object, undefined), { kind: 'invalid', problems }, tools);
    const paths = problems.map((problem) => problem.path).join(', ');
    throw new TerminalError('InvalidSpec', `the spec is not valid: ${paths}`);
  }
  const store = asStore(object, parsed.spec);
  let outcome: Outcome = { kind: store.spec.paused ? 'paused' : 'applied' };
  const failures: unknown[] = [];
  try {
    if (!store.spec.paused) await reconcileChildren(store, tools);
  } catch (error) {
    const known = operatorError(error);
    // An error that nobody foresaw must not pass for success in the status; the queue still counts it as a panic.
    const told =
      known instanceof OperatorError ? known : new TransientError('Unforeseen', String(known));
    outcome = { kind: 'failed', error: told };
    failures.push(known);
  }
  try {
    await writeStatus(store, outcome, tools);
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) throw worstError(failures);
}

async function reconcileChildren(store: Store, tools: ReconcileTools): Promise<void> {
  const secrets = generatedSecrets(store);
  for (const secret of secrets) await ensureGeneratedSecret(store, secret, tools);
  const facts = await gatherFacts(store, secrets, tools);
  const objects = [...secrets, ...desiredObjects(store, facts)];
  await applyChildren(store, objects, tools);
  await pruneChildren(store, objects, tools);
}

function asStore<Spec>(object: KubeObject, spec: Spec): Store & { readonly spec: Spec } {
  return { ...object, spec } as unknown as Store & { readonly spec: Spec };
}
