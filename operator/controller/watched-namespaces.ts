// Which namespaces are served: those of which every required kind was listed and whose stores may be read. With a watch of
// all namespaces they are one, and are served together.
import { hasCode } from '../runtime/kube-error.ts';
import type { Reflector } from '../runtime/reflector.ts';
import { storeResource } from './kinds.ts';

/** Why a namespace is not served as it should be. */
export interface NamespaceProblem {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** The API server refuses a list or a watch. */
  readonly isRefused: boolean;
  /** A sentence that names the kinds and, where it is a refusal, the remedy. */
  readonly message: string;
}

const isRefused = ({ failure }: Reflector): boolean => hasCode(failure, 403);

/** As Roles name them; some are watched in two ways. */
const namesOf = (reflectors: readonly Reflector[]): string =>
  [...new Set(reflectors.map(({ kind }) => kind.plural))].join(', ');

/** A namespace that does not exist refuses just so: there can be no Role in it. */
function refusal(namespace: string | undefined, refused: readonly Reflector[]): string {
  const what = `refused to list or watch ${namesOf(refused)}`;
  return namespace === undefined
    ? `${what}: see that the ClusterRole of the chart is that of this release`
    : `${what} in namespace ${namespace}: it does not exist, or lacks the Role of the chart; ` +
        'create it, and name it in watchNamespaces of the chart';
}

/** Whether stores of a namespace may be reconciled, by the reflectors of its required kinds. */
function isServed(required: readonly Reflector[]): boolean {
  const isBlind = required.some((each) => each.kind === storeResource && isRefused(each));
  const isKnown = required.length > 0 && required.every(({ hasSynced }) => hasSynced);
  return isKnown && !isBlind;
}

function problemOf(
  namespace: string | undefined,
  required: readonly Reflector[],
): NamespaceProblem | undefined {
  const refused = required.filter(isRefused);
  if (refused.length > 0) {
    return { namespace, isRefused: true, message: refusal(namespace, refused) };
  }
  const unlisted = required.filter(({ hasSynced }) => !hasSynced);
  if (unlisted.length === 0) return undefined;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const message = `not listed yet${where}: ${namesOf(unlisted)}`;
  return { namespace, isRefused: false, message };
}

/** What it is made of. */
export interface WatchedNamespacesOptions {
  /** None: all of them, in one watch. */
  readonly names: readonly string[];
  /** Of the kinds without which no store can be reconciled. */
  readonly required: () => readonly Reflector[];
  /** Of every kind. */
  readonly all: () => readonly Reflector[];
  /** A namespace is served, at first or again, or is refused. Undefined stands for all namespaces. */
  readonly onChange: (namespace: string | undefined, problem: NamespaceProblem | undefined) => void;
}

/** Knows which namespaces are served. */
export class WatchedNamespaces {
  readonly #options: WatchedNamespacesOptions;
  readonly #told = new Map<string | undefined, 'served' | 'refused'>();
  readonly #firstServed = Promise.withResolvers<void>();

  constructor(options: WatchedNamespacesOptions) {
    this.#options = options;
  }

  /** A reflector has changed its state. */
  looked(reflector: Reflector): void {
    if (reflector.failure === undefined) this.#wakeRefused(reflector.namespace);
    this.#tell(reflector.namespace);
  }

  /** Whether the stores of a namespace may be reconciled. */
  isServed(namespace: string): boolean {
    return isServed(this.#required(this.#options.names.length === 0 ? undefined : namespace));
  }

  /** Whether any of them is. */
  isServedAny(): boolean {
    return this.#scopes().some((scope) => isServed(this.#required(scope)));
  }

  /** Resolves when one is served: it need not wait for the others. */
  whenFirstServed(): Promise<void> {
    return this.#firstServed.promise;
  }

  /** What stands against each that is not served as it should be. */
  problems(): readonly NamespaceProblem[] {
    return this.#scopes().flatMap((scope) => problemOf(scope, this.#required(scope)) ?? []);
  }

  #scopes(): readonly (string | undefined)[] {
    const { names } = this.#options;
    return names.length === 0 ? [undefined] : names;
  }

  #required(scope: string | undefined): readonly Reflector[] {
    return this.#options.required().filter(({ namespace }) => namespace === scope);
  }

  /** Whoever may read one kind again may most likely read the others too. */
  #wakeRefused(scope: string | undefined): void {
    const { all } = this.#options;
    const refused = all().filter((each) => each.namespace === scope && isRefused(each));
    for (const each of refused) each.wake();
  }

  #tell(scope: string | undefined): void {
    const required = this.#required(scope);
    const problem = problemOf(scope, required);
    const isRefusedNow = problem?.isRefused === true;
    if (!isRefusedNow && !isServed(required)) return;
    const state = isRefusedNow ? 'refused' : 'served';
    if (this.#told.get(scope) === state) return;
    this.#told.set(scope, state);
    if (state === 'served') this.#firstServed.resolve();
    this.#options.onChange(scope, problem);
  }
}
