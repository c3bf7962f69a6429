// Random store specs, valid and nearly valid, drawn from the contract's own schema: a field that is new in the schema
// is in the draw at once. Strings come from a pool of texts that are right for one field and wrong for another.
import fc from 'fast-check';
import { storeSpec } from '../../crds/store/store.ts';
import { type StructuralSchema, structuralSchema } from '../../crds/structural-schema.ts';

type Path = readonly (string | number)[];

const texts: Readonly<Record<string, readonly string[]>> = {
  version: ['1.0.0', '2.13.4-rc.1', '0.0.0-a.b'],
  hosts: ['shop.example.com', 'a.bd', 'xn--45be8a7d.example.com', 'www.example.com'],
  imageRepository: ['ghcr.io/dhakacart', 'localhost:5000', 'r.example.com/a/b'],
  imagePullSecrets: ['registry', 'a.b'],
  image: ['', 'ghcr.io/shop/api:1.0.0', `web@sha256:${'0'.repeat(64)}`],
  cpu: ['250m', '1', '1.5', '100m', '2', '0'],
  memory: ['256Mi', '1Gi', '64Mi', '1G', '268435456', '128m'],
  name: ['LOG_LEVEL', 'A', '_b', 'PORT', 'DATABASE_URL', 'smtp'],
  key: ['', 'password', 'dedicated', 'example.com/pool', '.hidden'],
  value: ['', 'shop', 'Shop_1', '-', 'a text with blanks'],
  priorityClassName: ['', 'shop-critical'],
  size: ['8Gi', '1Ti', '100G', '0', '8gi'],
  allowedOrigins: ['https://a.example.com', 'https://10.0.0.7:8443', 'https://10.0.0.256:8443'],
  className: ['', 'fast', 'traefik', 'Fast'],
  sectionName: ['', 'https', 'HTTPS'],
  httpSectionName: ['', 'http', 'https'],
  gatewayClassName: ['', 'envoy', 'Envoy'],
  maxBodySize: ['1Mi', '64Ki', '1M'],
  secretName: ['', 'shop-tls'],
  serviceAccountName: ['', 'dns'],
  kind: ['Issuer', 'ClusterIssuer', 'AWSPCAIssuer', 'issuer'],
  group: ['cert-manager.io', 'awspca.cert-manager.io', 'Group'],
  email: ['tls@example.com', 'a.b+c@mail.example.co', 'tls@example', '@example.com'],
  server: ['', 'https://ca.example.com:9000/acme/acme/directory', 'http://ca.example.com/'],
  profile: ['', 'tlsserver'],
  hostedZoneID: ['', 'Z0123456789ABCDEFGHIJ'],
  roleArn: ['', 'arn:aws:iam::123456789012:role/dns', 'arn:aws:iam::1:role/dns'],
  namespace: ['', 'ingress', 'Ingress'],
  cidr: ['', '10.0.0.0/8', '2001:db8::/32', '10.0.0.1', '1.2.3.4/33', '::1/128', '1::2::3/64'],
  cidrs: ['169.254.20.10/32', '10.0.0.0/08'],
  databaseCIDRs: ['10.2.0.0/24', '2001:db8::/64', '10.2.0.7'],
  runtimeSecretName: ['', 'shop-app', 'shop-tls', 'Shop'],
  caSecretName: ['', 'shop-ca'],
  instanceIdentifier: ['shop', 'shop-1', 'shop--1'],
  region: ['ap-south-1', 'us-gov-west-1', 'dhaka'],
};
const labels = ['pool', 'kubernetes.io/arch', 'example.com/server-snippet', 'a b', ''];

/**
 * Specs of which roughly half are valid: the smallest one with up to three blocks (such as `web.resources.limits`) drawn
 * densely, so that rules deep inside meet their fields often, then changed in up to two places.
 */
export function randomSpec(): fc.Arbitrary<object> {
  const schema = structuralSchema(storeSpec);
  const drawnBlock = fc.oneof(
    ...blocks(schema, []).map(([path, block]) =>
      fields(block).map((content) => (spec: object) => merged(spec, at(path, content))),
    ),
  );
  const changes = fc.oneof(fc.constant([]), fc.array(change(), { maxLength: 2 }));
  return fc
    .tuple(fields(schema), fc.array(drawnBlock, { maxLength: 3 }), changes)
    .map(([spec, ...steps]) => steps.flat().reduce((current, step) => step(current), spec));
}

type Block = readonly [readonly string[], StructuralSchema];

function blocks(schema: StructuralSchema, path: readonly string[]): readonly Block[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, child]) => child.properties !== undefined)
    .flatMap(([name, child]): readonly Block[] => [
      [[...path, name], child],
      ...blocks(child, [...path, name]),
    ]);
}

function at(path: readonly string[], content: object): object {
  return path.reduceRight<object>((inner, step) => ({ [step]: inner }), content);
}

function merged(one: object, other: object): object {
  const target = one as Readonly<Record<string, unknown>>;
  const entries = Object.entries(other).map(([name, inner]) => {
    const before = target[name];
    return [name, isBlock(before) && isBlock(inner) ? merged(before, inner) : inner] as const;
  });
  return { ...target, ...Object.fromEntries(entries) };
}

function isBlock(node: unknown): node is object {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function value(schema: StructuralSchema, field: string): fc.Arbitrary<unknown> {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return fc.oneof(fc.constantFrom(...(texts[field] ?? [])), fc.integer({ min: 0, max: 3 }));
  }
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return integer(schema);
  if (schema.type === 'array') return list(schema, field);
  if (schema.type === 'object') return schema.additionalProperties ? labelMap() : fields(schema);
  return fc.constantFrom(...(texts[field] ?? ['a']));
}

function integer({ minimum = 0, maximum = 9, default: usual = minimum }: StructuralSchema) {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(usual) },
    fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }),
    fc.constantFrom(minimum, maximum),
    fc.integer({ min: minimum, max: maximum }),
  );
}

function list(schema: StructuralSchema, field: string): fc.Arbitrary<unknown[]> {
  const item = value(schema.items ?? {}, field);
  const size = { minLength: schema.minItems ?? 0, maxLength: 2 };
  const loose = fc.array(item, size);
  if (schema['x-kubernetes-list-type'] !== 'set') return loose;
  return fc.oneof({ weight: 3, arbitrary: fc.uniqueArray(item, size) }, loose);
}

function labelMap(): fc.Arbitrary<Record<string, string>> {
  return fc.dictionary(fc.constantFrom(...labels), fc.constantFrom(...(texts['value'] ?? [])), {
    maxKeys: 2,
    noNullPrototype: true,
  });
}

// Half of the plain fields, and few of the blocks below, which are drawn by themselves.
function fields(schema: StructuralSchema): fc.Arbitrary<object> {
  const required = new Set(schema.required ?? []);
  const drawn = Object.entries(schema.properties ?? {}).map(([name, child]) => {
    const present = value(child, name).map((inner) => [[name, inner] as const]);
    if (required.has(name)) return present;
    const weight = child.properties === undefined ? 1 : 8;
    return fc.oneof({ weight, arbitrary: fc.constant([]) }, present);
  });
  return fc.tuple(...drawn).map((entries) => Object.fromEntries(entries.flat()));
}

/** Replaces, removes or adds one field somewhere; `where` chooses among what the spec has. */
function change(): fc.Arbitrary<(spec: object) => object> {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...Object.values(texts).flat()),
    fc.integer({ min: -2, max: 3_000_000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -9, max: 9 }).filter((n) => n !== 0),
    fc.constantFrom<unknown>(true, {}, [], ['a'], { a: 'b' }, 'a'.repeat(300), 2 ** 60),
  );
  const action = fc.oneof(
    fc.constant('remove' as const),
    fc.constant('add' as const),
    odd.map(box),
  );
  return fc.tuple(fc.nat(), action, odd).map(([where, what, extra]) => (spec) => {
    const paths = pathsOf(spec);
    const path = paths[where % paths.length] ?? [];
    if (what === 'remove') return changed(spec, path, undefined);
    if (what === 'add') return changed(spec, [...path.slice(0, -1), 'unknownField'], box(extra));
    return changed(spec, path, what);
  });
}

interface Box {
  readonly value: unknown;
}

function box(inner: unknown): Box {
  return { value: inner };
}

function pathsOf(node: unknown, path: Path = []): readonly Path[] {
  if (typeof node !== 'object' || node === null) return [path];
  const steps = Array.isArray(node) ? [...node.keys()] : Object.keys(node);
  const below = steps.flatMap((step) =>
    pathsOf((node as Record<string | number, unknown>)[step], [...path, step]),
  );
  return path.length === 0 ? below : [path, ...below];
}

function changed(node: object, path: Path, content: Box | undefined): object {
  const copy = structuredClone(node) as Record<string | number, unknown>;
  let parent = copy;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last === undefined) return copy;
  if (content !== undefined && !Array.isArray(parent)) parent[last] = content.value;
  else if (content !== undefined) parent[Number(last) || 0] = content.value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}
