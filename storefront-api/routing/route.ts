// One object declares a route: what it takes, what it answers, who may call it, how often. The validator, the router,
// the OpenAPI document and the fuzz test all read this object, so they cannot disagree.
import { z } from 'zod';
import type { Actor } from '../domain/actor.ts';
import type { Logger } from '../log.ts';

/** Methods that routes are declared with; HEAD and OPTIONS follow from them. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: `optional` reads a token when there is one and refuses a bad one, `if-valid` takes a bad one for none. */
export type RouteAuth = 'none' | 'optional' | 'if-valid' | 'shopper' | 'staff';

/** Rate limits are counted per class; the operator's `rateLimits` has the same names. */
export const limitClasses = ['browse', 'write', 'login', 'reset', 'checkout'] as const;

/** One of the classes. */
export type LimitClass = (typeof limitClasses)[number];

/** One possible answer. Without `body` it has none. */
export interface ResponseDeclaration {
  readonly description: string;
  readonly body?: z.ZodType;
  /** Default: application/json. Other types answer with text or bytes and are not validated beyond `body`. */
  readonly contentType?: string;
  /** Response headers and what they mean, for the document. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers by status. Problems (RFC 9457) need no declaration: any route may answer with one. */
export type ResponseDeclarations = Readonly<Record<number, ResponseDeclaration>>;

type DeepReadonly<T> = T extends string | number | boolean | null | undefined | Uint8Array
  ? T
  : { readonly [K in keyof T]: DeepReadonly<T[K]> };

type BodyOf<R extends ResponseDeclaration> = R extends { readonly body: infer B extends z.ZodType }
  ? { readonly body: DeepReadonly<z.input<B>> }
  : { readonly body?: undefined };

/** What a handler of these declarations may answer. Header names are lower case. */
export type Reply<R extends ResponseDeclarations> = {
  [S in keyof R & number]: {
    readonly status: S;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  } & BodyOf<R[S]>;
}[keyof R & number];

/** An answer whose declaration is not known any more. */
export interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** What a handler knows about the request besides its input. */
export interface RequestInfo {
  readonly requestId: string;
  readonly log: Logger;
  readonly now: Date;
  /** Address of the client, with trusted proxies taken into account. */
  readonly ip: string;
  readonly userAgent: string;
  /** Always there when the route's `auth` is `shopper` or `staff`. */
  readonly actor: Actor | undefined;
  /** Value of a request cookie, unverified. */
  readonly cookie: (name: string) => string | undefined;
}

/** Fields of a request that are all strings: params, query, headers. Use `z.strictObject`. */
export type FieldsSchema = z.ZodObject;

const none = z.strictObject({});

/** No fields. */
export type NoFields = typeof none;

/** The validated input. */
export interface RouteInput<
  P extends FieldsSchema,
  Q extends FieldsSchema,
  H extends FieldsSchema,
  B extends z.ZodType,
> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly headers: z.output<H>;
  readonly body: z.output<B>;
}

/** A body that is no JSON: it is read as text. */
export interface TextBody {
  readonly contentType: string;
  readonly maxBytes: number;
}

/** What every route has, whatever its types. */
export interface RouteFacts {
  readonly method: Method;
  /** Template such as `/api/products/:slug`. */
  readonly path: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly auth: RouteAuth;
  /** `none` for probes: they tell nothing but a state, and are answered whoever asks, by whatever host, however often. */
  readonly limitClass: LimitClass | 'none';
  /** May be kept by the page cache for this long. Only for GET without auth. */
  readonly cacheable?: { readonly ttlMs: number };
  /** The body is text of this type instead of JSON; `body` is then a schema of a string. */
  readonly textBody?: TextBody;
}

/** Paths of the probes. Pure. */
export function probePaths(
  routes: readonly Pick<RouteFacts, 'limitClass' | 'path'>[],
): ReadonlySet<string> {
  return new Set(routes.flatMap(({ limitClass, path }) => (limitClass === 'none' ? path : [])));
}

/** A route as its author writes it. */
export interface RouteDeclaration<
  R extends ResponseDeclarations,
  P extends FieldsSchema,
  Q extends FieldsSchema,
  H extends FieldsSchema,
  B extends z.ZodType,
> extends RouteFacts {
  readonly params?: P;
  readonly query?: Q;
  /** Request headers that the handler reads, lower case; others are not looked at. */
  readonly headers?: H;
  readonly body?: B;
  readonly responses: R;
  handler(
    input: RouteInput<P, Q, H, B>,
    request: RequestInfo,
  ): Reply<NoInfer<R>> | Promise<Reply<NoInfer<R>>>;
}

/** A route as the machinery sees it. */
export interface Route extends RouteFacts {
  readonly params: FieldsSchema;
  readonly query: FieldsSchema;
  readonly headers: FieldsSchema;
  readonly body: z.ZodType | undefined;
  readonly responses: ResponseDeclarations;
  handler(input: unknown, request: RequestInfo): Promise<AnyReply>;
}

/**
 * Declares a route.
 * @throws Error when a cacheable route could answer with somebody's own data
 */
export function defineRoute<
  const R extends ResponseDeclarations,
  P extends FieldsSchema = NoFields,
  Q extends FieldsSchema = NoFields,
  H extends FieldsSchema = NoFields,
  B extends z.ZodType = z.ZodUndefined,
>(declaration: RouteDeclaration<R, P, Q, H, B>): Route {
  const { method, path, auth, cacheable, params, query, headers, body } = declaration;
  if (cacheable !== undefined && (method !== 'GET' || auth !== 'none')) {
    throw new Error(`${method} ${path}: only a GET without auth may be cacheable`);
  }
  // Every other header would have to be part of the page's key.
  const readHeaders = Object.keys(headers?.shape ?? {}).filter(
    (name) => name !== 'accept-language',
  );
  if (cacheable !== undefined && readHeaders.length > 0) {
    throw new Error(`${method} ${path}: a cacheable route may not read ${readHeaders.join(', ')}`);
  }
  return {
    ...declaration,
    params: params ?? none,
    query: query ?? none,
    headers: headers ?? none,
    body,
    handler: async (input, request) =>
      declaration.handler(input as RouteInput<P, Q, H, B>, request),
  };
}
