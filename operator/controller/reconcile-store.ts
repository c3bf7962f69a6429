// The story of one reconcile, as a table of contents. Level, not edge: it asks what the store should be and what is there,
// never what happened.
import type { Store } from '../../crds/store/store.ts';
import { parseStoreSpec } from '../../crds/store/parse.ts';
import type { StoreStatus } from '../../crds/store/status.ts';
import type { Facts } from '../desired/desired-object.ts';
import { desiredObjects } from '../desired/desired-objects.ts';
import { generatedSecrets } from '../desired/generated-secrets.ts';
import { selfSignedSecret } from '../desired/self-signed.ts';
import { OperatorError, TerminalError, TransientError, WaitingError } from '../errors.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Outcome } from '../status/observation.ts';
import { missingCertificate } from '../status/tls-condition.ts';
import { nextMomentMs } from '../x509/lifetime.ts';
import { applyChildren, pruneChildren } from './apply-children.ts';
import { operatorError, worstError } from './classify-error.ts';
import { gatherFacts } from './gather-facts.ts';
import { ensureGeneratedSecret } from './generated-secrets.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { ensureSelfSigned, pruneSelfSigned } from './self-signed.ts';
import { writeStatus } from './write-status.ts';

/**
 * Makes a store what its spec says and writes what came of it into its status.
 * @returns the delay until the judgement on its certificate changes by itself; undefined when it does not
 * @throws OperatorError for the queue: terminal, waiting or transient
 */
export async function reconcileStore(
  object: KubeObject,
  tools: ReconcileTools,
): Promise<number | undefined> {
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
  let certificate: StoreStatus['tls'];
  let facts: Facts | undefined;
  try {
    if (!store.spec.paused) {
      facts = await prepareFacts(store, tools);
      await reconcileChildren(store, facts, tools);
    }
  } catch (error) {
    const known = operatorError(error);
    // An error that nobody foresaw must not pass for success in the status; the queue still counts it as a panic.
    const told =
      known instanceof OperatorError ? known : new TransientError('Unforeseen', String(known));
    outcome = { kind: 'failed', error: told };
    failures.push(known);
  }
  try {
    const judged = { ...store, checksums: facts?.checksums };
    const status = await writeStatus(judged, outcome, tools);
    certificate = status.tls;
    const missing = missingCertificate(status, store.spec);
    // Nobody tells when the owner's Secret changes, so it is looked at again after the delay of what waits for somebody.
    if (missing !== undefined) failures.push(new WaitingError(missing.reason, missing.message));
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) throw worstError(failures);
  return certificateDelayMs(certificate, tools.clock.now());
}

function certificateDelayMs(certificate: StoreStatus['tls'], nowMs: number): number | undefined {
  const { notBefore, notAfter } = certificate ?? {};
  if (notBefore === undefined || notAfter === undefined) return undefined;
  const moment = nextMomentMs({ notBefore, notAfter }, nowMs);
  return moment === undefined ? undefined : Math.ceil(moment - nowMs);
}

/** Draws what is missing of the credentials, then looks at what the builders must know. */
async function prepareFacts(store: Store, tools: ReconcileTools): Promise<Facts> {
  const secrets = generatedSecrets(store);
  for (const secret of secrets) await ensureGeneratedSecret(store, secret, tools);
  const certificate = selfSignedSecret(store);
  if (certificate !== undefined) await ensureSelfSigned(store, certificate, tools);
  return gatherFacts(store, secrets, tools);
}

async function reconcileChildren(store: Store, facts: Facts, tools: ReconcileTools): Promise<void> {
  const certificate = selfSignedSecret(store);
  const objects = [
    ...generatedSecrets(store),
    ...(certificate === undefined ? [] : [{ manifest: certificate }]),
    ...desiredObjects(store, facts),
  ];
  await applyChildren(store, objects, tools);
  await pruneChildren(store, objects, tools);
  await pruneSelfSigned(store, tools);
}

function asStore<Spec>(object: KubeObject, spec: Spec): Store & { readonly spec: Spec } {
  return { ...object, spec } as unknown as Store & { readonly spec: Spec };
}
