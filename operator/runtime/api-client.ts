// What the parts of the runtime need from the transport, so that each can be tested with a few lines in its place.

/** How a patch body is to be read: https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply. */
export type PatchType = 'apply' | 'merge' | 'json';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without query, as `collectionPath` and `objectPath` make it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Plain JSON; sent as it is. */
  readonly body?: unknown;
  /** Needed with PATCH. */
  readonly patchType?: PatchType;
  /** Overrides `application/json`, for example to ask for metadata only. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Replaces the settings' headers timeout for this request. */
  readonly timeoutMs?: number;
  /** Tries of this request; default 1 for POST, the settings' `maxTries` for everything else. */
  readonly tries?: number;
  /** True for the requests of the lease itself: they ask no lease for permission, and wait behind no other request. */
  readonly unfenced?: boolean;
}

/** Sends requests; every failure is a `KubeError`. */
export interface ApiClient {
  /** Resolves to the parsed body. */
  request<Body = unknown>(request: ApiRequest): Promise<Body>;
}

/** A started watch. */
export interface WatchStream {
  /** Yields one parsed watch event per line; ends when the server ends it; throws a `KubeError` when it breaks. */
  events(): AsyncIterable<WatchEvent>;
  close(): void;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** How to open a watch. */
export interface WatchRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** Silence for so long breaks the watch. */
  readonly inactivityMs: number;
}

/** Opens watches beside plain requests. */
export interface WatchClient extends ApiClient {
  watch(request: WatchRequest): Promise<WatchStream>;
}
