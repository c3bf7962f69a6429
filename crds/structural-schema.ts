// zod -> Kubernetes structural schema, https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
// (custom-resource-definitions, "Specifying a structural schema"). Keys are allow-listed: what is not known to mean the
// same to zod and to the API server is an error with its path, never a silent loss. `schema-lint.ts` then restates the
// API server's own rules, so that a mistake fails a unit test instead of an installation.
import { z } from 'zod';
import type { KubernetesValidation } from './store/rules.ts';

/** The part of JSONSchemaProps (apiextensions.k8s.io/v1) that this project uses. */
export interface StructuralSchema {
  readonly type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  readonly description?: string;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly anyOf?: readonly StructuralSchema[];
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly KubernetesValidation[];
}

type JsonSchema = Readonly<Record<string, unknown>>;

const copiedKeys = [
  'type',
  'description',
  'default',
  'nullable',
  'enum',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
] as const;
const convertedKeys = ['properties', 'additionalProperties', 'items', 'anyOf'];
const intOrStringKey = 'x-kubernetes-int-or-string';
// They say nothing about validity (definitions: each use of one is a $ref, which is refused where it stands).
const droppedKeys = [
  'contentEncoding',
  'definitions',
  'deprecated',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
];
const knownKeys: ReadonlySet<string> = new Set([
  ...copiedKeys,
  ...convertedKeys,
  ...droppedKeys,
  intOrStringKey,
]);

// Formats that mean the same to the API server; the others it ignores or reads differently.
const keptFormats = new Set([
  'byte',
  'date',
  'date-time',
  'double',
  'email',
  'ipv4',
  'ipv6',
  'uuid',
]);

/**
 * Converts a zod schema, as an owner writes it (before defaults). Pure.
 * Throws an Error that begins with the path (`$.hosts.items: ...`) for whatever a CRD cannot say.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'throw',
    reused: 'inline',
    override: ({ zodSchema, path }) => refuseHiddenCode(zodSchema._zod.def.type, path),
  });
  return convert(json, '$');
}

// Their JSON schema shows one side only, so the API server would store what zod then changes.
function refuseHiddenCode(type: string, path: readonly (string | number)[]): void {
  if (['catch', 'codec', 'pipe', 'transform'].includes(type)) {
    throw new Error(`$.${path.join('.')}: ${type} is not structural: keep code out of the spec`);
  }
}

function convert(node: JsonSchema, path: string): StructuralSchema {
  if ('$ref' in node) {
    throw new Error(`${path}: references and recursion are not structural: inline it, set no id`);
  }
  for (const key of Object.keys(node)) {
    if (!knownKeys.has(key)) throw new Error(`${path}: ${key} is not structural`);
  }
  if (node[intOrStringKey] === true) return intOrString(node, path);
  if ('anyOf' in node) {
    throw new Error(`${path}: a union is not structural: use optional sibling blocks and a rule`);
  }
  if (node.default === null && node.nullable !== true) {
    throw new Error(`${path}: default null needs nullable`);
  }
  const copied = Object.fromEntries(
    copiedKeys.filter((key) => key in node).map((key) => [key, node[key]]),
  );
  const kept = { ...copied, ...scalarFormat(node, path), ...children(node, path) };
  return withDeepDefault(withoutUndefined(kept));
}

function intOrString(node: JsonSchema, path: string): StructuralSchema {
  const branches = (node.anyOf ?? []) as readonly JsonSchema[];
  const [, text] = branches;
  if (branches.map((branch) => branch.type).join() !== 'integer,string' || text === undefined) {
    throw new Error(`${path}: int-or-string must be z.union([z.int(), z.string()])`);
  }
  return withoutUndefined({
    description: node.description,
    default: node.default,
    maxLength: text.maxLength,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    [intOrStringKey]: true,
    'x-kubernetes-validations': node['x-kubernetes-validations'],
  });
}

function scalarFormat(node: JsonSchema, path: string): JsonSchema {
  if (node.type === 'integer') return integerFormat(node);
  if (node.type !== 'string') return {};
  const format = node.format === 'base64' ? 'byte' : (node.format as string | undefined);
  if (format !== undefined && !keptFormats.has(format)) {
    throw new Error(`${path}: format ${format} is not the API server's: write a rule instead`);
  }
  if (!isRe2((node.pattern as string | undefined) ?? '')) {
    if (format === undefined) throw new Error(`${path}: pattern is not RE2: avoid look-around`);
    return { format, pattern: undefined };
  }
  return { format };
}

// zod bounds every integer by what a double holds exactly; those two are no bounds of the field.
function integerFormat(node: JsonSchema): JsonSchema {
  const minimum = node.minimum === Number.MIN_SAFE_INTEGER ? undefined : Number(node.minimum);
  const maximum = node.maximum === Number.MAX_SAFE_INTEGER ? undefined : Number(node.maximum);
  const fitsInt32 =
    minimum !== undefined && maximum !== undefined && minimum >= -(2 ** 31) && maximum < 2 ** 31;
  return { minimum, maximum, format: fitsInt32 ? 'int32' : 'int64' };
}

/** Whether Go's regexp package can compile a pattern: no look-around and no back-reference. */
export function isRe2(pattern: string): boolean {
  return !/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(pattern);
}

function children(node: JsonSchema, path: string): JsonSchema {
  if (node.type === undefined) return { 'x-kubernetes-preserve-unknown-fields': true };
  const properties = node.properties as Readonly<Record<string, JsonSchema>> | undefined;
  if (node.type === 'array' && node.items === undefined) {
    throw new Error(`${path}: an array needs items`);
  }
  return {
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [
          name,
          convert(child, `${path}.${name}`),
        ]),
      ),
    }),
    ...(node.items !== undefined && { items: convert(node.items as JsonSchema, `${path}.items`) }),
    ...furtherProperties(node, path),
  };
}

function furtherProperties(node: JsonSchema, path: string): JsonSchema {
  const further = node.additionalProperties as JsonSchema | boolean | undefined;
  if (further === undefined || further === false) return {};
  if (further === true || (node.properties !== undefined && Object.keys(further).length === 0)) {
    return { 'x-kubernetes-preserve-unknown-fields': true };
  }
  if (node.properties !== undefined || node.required !== undefined) {
    throw new Error(`${path}: named and further properties exclude each other: use z.object`);
  }
  return { additionalProperties: convert(further, `${path}.*`) };
}

// The API server checks the rules against a default as it stands, before the defaults inside it are filled in: a rule
// that reads `self.minReplicas` would refuse `default: {}`. So an object's default carries those of its fields.
function withDeepDefault(schema: StructuralSchema): StructuralSchema {
  if (!isObject(schema.default) || schema.properties === undefined) return schema;
  return { ...schema, default: filled(schema, schema.default) };
}

function filled(schema: StructuralSchema, value: unknown): unknown {
  if (!isObject(value) || schema.properties === undefined) return value;
  const entries = Object.entries(schema.properties).map(
    ([name, child]) => [name, filled(child, value[name] ?? child.default)] as const,
  );
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUndefined(node: JsonSchema): StructuralSchema {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));
}
