// Who may import whom. A room is a folder or a file; the most specific entry that matches a path decides. An import is
// allowed when its target lies in the same room or in one of the listed places; `npm:` names packages, `node:` built-ins.
// Places with `type:` in front may be imported as types only.

/** One room and what it may import. */
export interface Room {
  readonly room: string;
  readonly imports: readonly string[];
}

/** Built-ins without I/O, clock or environment. */
const pureBuiltIns = ['node:crypto', 'node:util'];

/** The table. */
export const rooms: readonly Room[] = [
  { room: 'crds/generate.ts', imports: ['crds/', 'node:', 'npm:yaml'] },
  { room: 'crds/', imports: ['npm:zod'] },
  {
    room: 'operator/runtime/cluster-access.ts',
    imports: ['operator/runtime/', 'npm:@kubernetes/client-node', 'node:'],
  },
  { room: 'operator/runtime/', imports: ['npm:undici', 'npm:prom-client', 'node:'] },
  // Writes and reads certificates; knows neither Kubernetes nor stores, so the local cluster uses it too.
  { room: 'operator/x509/', imports: ['node:crypto', 'node:net'] },
  { room: 'operator/names.ts', imports: ['crds/'] },
  { room: 'operator/errors.ts', imports: ['crds/'] },
  // How a store is exposed: what is desired and what is judged follow from the same plan.
  {
    room: 'operator/exposure/',
    imports: [
      'crds/',
      'operator/names.ts',
      'operator/x509/host-coverage.ts',
      'type:operator/x509/',
    ],
  },
  // The keys of access tokens: the file, and how keys take over from each other.
  { room: 'operator/jwt/', imports: ['crds/'] },
  {
    room: 'operator/desired/',
    imports: [
      'crds/',
      'operator/names.ts',
      'operator/errors.ts',
      'operator/exposure/',
      'operator/x509/lifetime.ts',
      'type:operator/x509/',
      'type:npm:kubernetes-models',
      ...pureBuiltIns,
    ],
  },
  {
    room: 'operator/status/',
    imports: [
      'crds/',
      'operator/names.ts',
      'operator/errors.ts',
      'operator/exposure/',
      'operator/jwt/',
      'operator/x509/host-coverage.ts',
      'operator/x509/lifetime.ts',
      'type:operator/x509/',
      'type:npm:kubernetes-models',
      ...pureBuiltIns,
    ],
  },
  { room: 'operator/log.ts', imports: ['npm:pino'] },
  { room: 'operator/config.ts', imports: ['operator/log.ts', 'node:util'] },
  { room: 'operator/metrics.ts', imports: ['crds/', 'type:operator/runtime/', 'npm:prom-client'] },
  {
    room: 'operator/controller/',
    imports: [
      'crds/',
      'operator/runtime/',
      'operator/names.ts',
      'operator/errors.ts',
      'operator/exposure/',
      'operator/jwt/',
      'operator/x509/',
      'operator/desired/',
      'operator/status/',
      'operator/log.ts',
      'operator/metrics.ts',
      'operator/config.ts',
      ...pureBuiltIns,
    ],
  },
  {
    room: 'operator/store-operator.ts',
    imports: ['crds/', 'operator/', 'npm:@dot-i/k8s-operator'],
  },
  { room: 'operator/', imports: ['crds/', 'operator/', 'npm:prom-client', 'node:'] },
  { room: 'storefront-api/domain/', imports: [] },
  { room: 'storefront-api/errors.ts', imports: [] },
  { room: 'storefront-api/log.ts', imports: ['npm:pino'] },
  {
    room: 'storefront-api/metrics.ts',
    imports: ['storefront-api/request-series.ts', 'npm:prom-client'],
  },
  { room: 'storefront-api/request-series.ts', imports: ['npm:prom-client'] },
  {
    room: 'storefront-api/config.ts',
    imports: [
      'storefront-api/errors.ts',
      'storefront-api/log.ts',
      'storefront-api/config-sources.ts',
      'storefront-api/database-config.ts',
      'storefront-api/mail/mail-config.ts',
      'type:storefront-api/repositories/database.ts',
      'npm:zod',
      'node:',
    ],
  },
  {
    room: 'storefront-api/config-sources.ts',
    imports: ['storefront-api/errors.ts', 'node:'],
  },
  {
    room: 'storefront-api/routing/',
    imports: [
      'storefront-api/domain/',
      'storefront-api/errors.ts',
      'type:storefront-api/log.ts',
      'type:node:http',
      'npm:zod',
    ],
  },
  {
    room: 'storefront-api/repositories/',
    imports: ['storefront-api/domain/', 'storefront-api/errors.ts', 'npm:pg', 'node:'],
  },
  {
    // What proves who somebody is: passwords, tokens, sessions, and the procedures around them.
    room: 'storefront-api/accounts/',
    imports: [
      'storefront-api/domain/',
      'storefront-api/errors.ts',
      'storefront-api/limits/',
      'type:storefront-api/middleware/',
      'type:storefront-api/repositories/',
      'npm:@node-rs/argon2',
      'npm:jsonwebtoken',
      'npm:lru-cache',
      'npm:zod',
      'node:crypto',
      'node:os',
    ],
  },
  {
    // How mails leave the shop.
    room: 'storefront-api/mail/',
    imports: [
      'storefront-api/errors.ts',
      'storefront-api/config-sources.ts',
      'storefront-api/domain/',
      'type:storefront-api/log.ts',
      'type:storefront-api/repositories/',
      'npm:nodemailer',
    ],
  },
  {
    // Who may ask how often.
    room: 'storefront-api/limits/',
    imports: [
      'storefront-api/domain/',
      'type:storefront-api/middleware/',
      'type:storefront-api/routing/',
      'npm:rate-limiter-flexible',
      'node:crypto',
    ],
  },
  {
    room: 'storefront-api/middleware/',
    imports: [
      'storefront-api/domain/',
      'storefront-api/errors.ts',
      'storefront-api/log.ts',
      'storefront-api/metrics.ts',
      'storefront-api/routing/',
      'npm:koa',
      'npm:koa-router',
      'npm:@koa/cors',
      'type:npm:zod',
      'node:',
    ],
  },
  {
    room: 'storefront-api/page-cache/',
    imports: [
      'storefront-api/domain/',
      'storefront-api/errors.ts',
      'storefront-api/middleware/',
      'storefront-api/routing/',
      'type:storefront-api/log.ts',
      'type:storefront-api/metrics.ts',
      'npm:lru-cache',
      'node:',
    ],
  },
  {
    room: 'storefront-api/routes/',
    imports: [
      'storefront-api/domain/',
      'storefront-api/errors.ts',
      'storefront-api/routing/',
      // The ports; adapters are put in by main.ts.
      'type:storefront-api/repositories/',
      'type:storefront-api/accounts/',
      'npm:zod',
      ...pureBuiltIns,
    ],
  },
  { room: 'storefront-api/seed/', imports: ['storefront-api/domain/', 'node:'] },
  { room: 'storefront-api/', imports: ['storefront-api/', 'npm:koa', 'npm:prom-client', 'node:'] },
];

/** Folders that hold sources under these rules. */
export const sourceFolders = ['crds', 'operator', 'storefront-api', 'dev'] as const;

/** Words that no file may be named after: they say nothing about the content. */
export const forbiddenNames = [
  'index',
  'utils',
  'util',
  'helpers',
  'helper',
  'manager',
  'common',
  'misc',
];

/** Longest file of sources and tests, in lines. */
export const maxFileLines = 350;
