// Events of events.k8s.io/v1. The same thing told again within six minutes becomes a series on the first Event instead of
// a new one: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/.
// Telling never fails and never waits: whoever records goes on, and what cannot be written is counted and dropped.
import type { ApiClient } from './api-client.ts';
import { type Clock, sleep } from './clock.ts';
import { isNotFound } from './kube-error.ts';
import {
  collectionPath,
  type KubeObject,
  objectKey,
  objectPath,
  type ResourceKind,
} from './kube-object.ts';
import { LimitedWarning } from './limited-warning.ts';
import type { Logger } from './logger.ts';
import type { RuntimeSettings } from './settings.ts';

const eventKind: ResourceKind = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** Bound of the API in bytes, not letters: `NoteLengthLimit` in pkg/apis/core/validation/events.go. */
const maxNoteBytes = 1024;

/** Events waiting to be written; more are dropped. */
const maxPending = 1_000;

/** Longest wait of `flush`: a stopping operator must release its lease although the API server is away. */
const flushMs = 2_000;

/** What is told about an object. */
export interface EventInput {
  readonly regarding: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
}

/** What a recorder is made of. */
export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly settings: RuntimeSettings['events'];
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly logger: Logger;
}

/** Writes Events one after the other, in the background. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #unwritten: LimitedWarning;
  #writing: Promise<void> = Promise.resolve();
  #pending = 0;
  #dropped = 0;
  #sequence = 0;
  #isStopped = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#unwritten = new LimitedWarning('an Event was not written', options);
  }

  /** Events that were not written because too many waited or the API server refused. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Tells something. */
  record(input: EventInput): void {
    if (this.#isStopped || this.#pending >= maxPending) {
      this.#dropped += 1;
      return;
    }
    this.#pending += 1;
    const toldAt = this.#options.clock.now();
    this.#writing = this.#writing.then(() => this.#write(input, toldAt));
  }

  /** Resolves when everything told so far is written or dropped, at the latest after `timeoutMs`. */
  async flush(timeoutMs = flushMs): Promise<void> {
    const written = new AbortController();
    void this.#writing.then(() => written.abort());
    await sleep(this.#options.clock, timeoutMs, written.signal);
  }

  /** Drops whatever is told from now on, and flushes. */
  async stop(timeoutMs = flushMs): Promise<void> {
    this.#isStopped = true;
    await this.flush(timeoutMs);
  }

  async #write(input: EventInput, toldAt: number): Promise<void> {
    try {
      await this.#send(input, toldAt);
    } catch (error) {
      this.#dropped += 1;
      this.#unwritten.warn(error);
    } finally {
      this.#pending -= 1;
    }
  }

  async #send(input: EventInput, now: number): Promise<void> {
    const { regarding, type, reason, action, note } = input;
    const uid = regarding.metadata.uid ?? '';
    const key = [uid, objectKey(regarding), type, reason, action, note].join('\0');
    const series = this.#series.get(key);
    if (series !== undefined && now - series.lastAt < this.#options.settings.seriesWindowMs) {
      series.count += 1;
      series.lastAt = now;
      if (await this.#patchSeries(series, now)) return;
    }
    const created = await this.#create(input, now);
    this.#series.delete(key);
    this.#series.set(key, { ...created, count: 1, lastAt: now });
    this.#forgetOldest();
  }

  async #create(input: EventInput, now: number): Promise<Pick<Series, 'name' | 'namespace'>> {
    const { reportingController, reportingInstance, client } = this.#options;
    const { apiVersion, kind, metadata } = input.regarding;
    const { name, namespace = 'default', uid, resourceVersion } = metadata;
    this.#sequence += 1;
    const eventName = `${name}.${now.toString(16)}${this.#sequence.toString(16)}`;
    await client.request({
      method: 'POST',
      path: collectionPath(eventKind, namespace),
      body: {
        apiVersion: eventKind.apiVersion,
        kind: eventKind.kind,
        metadata: { name: eventName, namespace },
        eventTime: microTime(now),
        type: input.type,
        reason: input.reason,
        action: input.action,
        note: cutToBytes(input.note, maxNoteBytes),
        regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
        reportingController,
        reportingInstance,
      },
    });
    return { name: eventName, namespace };
  }

  /** @returns false when the Event is gone: the API server keeps each for an hour, and people delete them */
  async #patchSeries(series: Series, now: number): Promise<boolean> {
    try {
      await this.#options.client.request({
        method: 'PATCH',
        patchType: 'merge',
        path: objectPath({ kind: eventKind, namespace: series.namespace, name: series.name }),
        body: { series: { count: series.count, lastObservedTime: microTime(now) } },
      });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #forgetOldest(): void {
    if (this.#series.size <= this.#options.settings.maxSeries) return;
    const oldest = this.#series.keys().next().value;
    if (oldest !== undefined) this.#series.delete(oldest);
  }
}

/** The start of a text that fits, cut between letters. */
function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** MicroTime wants six digits after the point. */
function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
