// The story of one reconcile, as a table of contents. Level, not edge: it asks what the store should be and what is there,
// never what happened.
import type { Store } from '../../crds/store/store.ts';
import { parseStoreSpec } from '../../crds/store/parse.ts';
import type { StoreStatus } from '../../crds/store/status.ts';
import type { Facts } from '../desired/desired-object.ts';
import { desiredObjects } from '../desired/desired-objects.ts';
import { externalSecrets } from '../desired/external-secrets.ts';
import { generatedSecrets } from '../desired/generated-secrets.ts';
import { selfSignedSecret } from '../desired/self-signed.ts';
import { keepsWay } from '../exposure/exposure-plan.ts';
import { OperatorError, TerminalError, TransientError, WaitingError } from '../errors.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Outcome } from '../status/observation.ts';
import { missingCertificate } from '../status/tls-condition.ts';
import { nextMomentMs } from '../x509/lifetime.ts';
import { applyChildren, pruneChildren } from './apply-children.ts';
import { operatorError, worstError } from './classify-error.ts';
import { type Gathered, gatherFacts } from './gather-facts.ts';
import { ensureGeneratedSecret } from './generated-secrets.ts';
import { requestExternalSecrets } from './external-secrets.ts';
import { rotateJwtKeys } from './jwt-keys.ts';
import { plannedExposure } from './observe-exposure.ts';
import { issuedCertificate } from './observe-tls.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { ensureSelfSigned, pruneSelfSigned } from './self-signed.ts';
import { writeStatus } from './write-status.ts';

/**
 * Makes a store what its spec says and writes what came of it into its status.
 * @returns the delay until its certificate or its keys change by themselves; undefined when they do not
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
  // What turns while this run looks at it is looked at once more.
  const nowMs = tools.clock.now();
  let outcome: Outcome = { kind: store.spec.paused ? 'paused' : 'applied' };
  const failures: unknown[] = [];
  let certificate: StoreStatus['tls'];
  let prepared: Preparation | undefined;
  try {
    if (!store.spec.paused) {
      prepared = await prepare(store, tools);
      await reconcileChildren(store, prepared.facts, tools);
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
    const status = await writeStatus({ ...store, facts: prepared?.facts }, outcome, tools);
    certificate = status.tls;
    const missing = missingCertificate(status, store.spec);
    // A change of the owner's Secret is heard of; the delay of what waits for somebody is there for one that was missed.
    if (missing !== undefined) failures.push(new WaitingError(missing.reason, missing.message));
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) throw worstError(failures);
  const issued = issuedCertificate(store, tools);
  return delayMs(
    [
      certificateChangeMs(certificate, nowMs),
      // It may serve some of the hosts only, beside the one that the status shows.
      certificateChangeMs(issued.kind === 'read' ? issued.certificate : undefined, nowMs),
      prepared?.keysChangeMs,
    ],
    tools,
  );
}

function certificateChangeMs(
  certificate: Pick<NonNullable<StoreStatus['tls']>, 'notBefore' | 'notAfter'> | undefined,
  nowMs: number,
): number | undefined {
  const { notBefore, notAfter } = certificate ?? {};
  if (notBefore === undefined || notAfter === undefined) return undefined;
  return nextMomentMs({ notBefore, notAfter }, nowMs);
}

/** Time until the first of some moments. */
function delayMs(
  moments: readonly (number | undefined)[],
  { clock }: ReconcileTools,
): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.max(0, Math.ceil(Math.min(...known) - clock.now()));
}

interface Preparation {
  readonly facts: Gathered;
  /** When the keys of access tokens change by themselves, in milliseconds since the epoch. */
  readonly keysChangeMs: number | undefined;
}

/** Draws and asks for what is missing of the credentials, then looks at what the builders must know. */
async function prepare(store: Store, tools: ReconcileTools): Promise<Preparation> {
  const secrets = generatedSecrets(store);
  for (const secret of secrets) await ensureGeneratedSecret(store, secret, tools);
  const keysChangeMs = await rotateJwtKeys(store, tools);
  const exposure = plannedExposure(store, tools);
  const certificate = selfSignedSecret(store, exposure);
  if (certificate !== undefined) await ensureSelfSigned(store, certificate, tools);
  await requestExternalSecrets(store, tools);
  return { facts: await gatherFacts(store, { secrets, exposure }, tools), keysChangeMs };
}

async function reconcileChildren(store: Store, facts: Facts, tools: ReconcileTools): Promise<void> {
  const { exposure } = facts;
  const certificate = selfSignedSecret(store, exposure);
  const objects = [
    ...generatedSecrets(store),
    ...(certificate === undefined ? [] : [{ manifest: certificate }]),
    ...desiredObjects(store, facts),
  ];
  await applyChildren(store, objects, tools);
  const asked = externalSecrets(store).map((manifest) => ({ manifest }));
  await pruneChildren(store, { objects: [...asked, ...objects], exposure }, tools);
  if (certificate === undefined && !keepsWay(exposure)) await pruneSelfSigned(store, tools);
}

function asStore<Spec>(object: KubeObject, spec: Spec): Store & { readonly spec: Spec } {
  return { ...object, spec } as unknown as Store & { readonly spec: Spec };
}
