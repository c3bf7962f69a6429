// An API server of a few lines: it answers by a function and remembers what it was asked.
import type { ApiClient, ApiRequest } from '../../operator/runtime/api-client.ts';
import { KubeError, type StatusDetails } from '../../operator/runtime/kube-error.ts';
import type { Logger } from '../../operator/runtime/logger.ts';

/** Answers one request; a returned Error is thrown, a promise is awaited. */
export type Answering = (request: ApiRequest, index: number) => unknown;

/** A client that answers by a script. */
export class ScriptedClient implements ApiClient {
  readonly requests: ApiRequest[] = [];
  answer: Answering;

  constructor(answer: Answering) {
    this.answer = answer;
  }

  async request<Body>(request: ApiRequest): Promise<Body> {
    this.requests.push(request);
    const answer = await this.answer(request, this.requests.length - 1);
    if (answer instanceof Error) throw answer;
    return answer as Body;
  }

  /** What was asked so far, as `METHOD path`. */
  lines(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }
}

/** What the transport throws for an HTTP status. */
export function httpFailure(code: number, reason = 'Failed', details?: StatusDetails): KubeError {
  return new KubeError(`${code} ${reason}`, { origin: 'http', code, reason, details });
}

/** What the transport throws when nothing answers. */
export function networkFailure(): KubeError {
  return new KubeError('connection refused', {
    origin: 'network',
    code: 0,
    reason: 'ConnectionFailed',
  });
}

/** Never settles, unless the request is aborted. */
export function hanging({ signal }: ApiRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void =>
      reject(new KubeError('aborted', { origin: 'aborted', code: 0, reason: 'Aborted' }));
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** One line of a log. */
export interface LoggedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A logger that remembers. */
export function rememberingLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: LoggedLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
