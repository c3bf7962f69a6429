// The API server's rules for a structural schema (apiextensions-apiserver, pkg/apis/apiextensions/validation), restated
// so that a unit test finds a mistake, and three rules of this house: every string, list and map has a bound (else CEL
// exceeds its cost budget), every list says how it merges, every field has a description (it is `kubectl explain`).
import { isRe2, type StructuralSchema } from './structural-schema.ts';

// A date has a length by nature; an enum is its own bound.
const boundedFormats = new Set(['date', 'date-time', 'ipv4', 'ipv6', 'uuid']);

/** Everything wrong with a schema, as `path: problem`; empty when it is fit for a CRD. Pure. */
export function lint(schema: StructuralSchema, path = '$'): string[] {
  const own = [
    ...typeProblems(schema),
    ...boundProblems(schema),
    ...propertyProblems(schema),
    ...listProblems(schema),
    ...junctorProblems(schema),
    ...ruleProblems(schema),
  ].map((problem) => `${path}: ${problem}`);
  return [...own, ...below(schema, path)];
}

function below(schema: StructuralSchema, path: string): string[] {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    ...(child.description ? [] : [`${path}.${name}: needs a description`]),
    ...lint(child, `${path}.${name}`),
  ]);
  return [
    ...properties,
    ...(schema.items ? lint(schema.items, `${path}.items`) : []),
    ...(schema.additionalProperties ? lint(schema.additionalProperties, `${path}.*`) : []),
  ];
}

function typeProblems(schema: StructuralSchema): string[] {
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const isFree = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return problems({
    'needs a type': schema.type === undefined && !isIntOrString && !isFree,
    'int-or-string takes no type': schema.type !== undefined && isIntOrString,
    'default null needs nullable': schema.default === null && schema.nullable !== true,
    'pattern is not RE2': !isRe2(schema.pattern ?? ''),
  });
}

function boundProblems(schema: StructuralSchema): string[] {
  const isText = schema.type === 'string' || schema['x-kubernetes-int-or-string'] === true;
  const isBounded =
    schema.maxLength !== undefined ||
    schema.enum !== undefined ||
    boundedFormats.has(schema.format ?? '');
  return problems({
    'needs maxLength': isText && !isBounded,
    'needs maxItems': schema.type === 'array' && schema.maxItems === undefined,
    'needs maxProperties':
      schema.additionalProperties !== undefined && schema.maxProperties === undefined,
  });
}

function propertyProblems(schema: StructuralSchema): string[] {
  const unknown = (schema.required ?? []).filter((name) => schema.properties?.[name] === undefined);
  return problems({
    'properties and additionalProperties exclude each other':
      schema.properties !== undefined && schema.additionalProperties !== undefined,
    [`requires unknown properties: ${unknown.join(', ')}`]: unknown.length > 0,
    'additionalProperties must be a schema': typeof schema.additionalProperties === 'boolean',
  });
}

function listProblems(schema: StructuralSchema): string[] {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  const loose = (keys ?? []).filter((key) => !isRequiredOrDefaulted(schema.items, key));
  return problems({
    'needs items': schema.type === 'array' && schema.items === undefined,
    'needs x-kubernetes-list-type': schema.type === 'array' && listType === undefined,
    'only a list has x-kubernetes-list-type': schema.type !== 'array' && listType !== undefined,
    'a list map needs keys, and only a list map has them': (listType === 'map') !== !!keys?.length,
    [`list map keys must be scalars, required or defaulted: ${loose.join(', ')}`]: loose.length > 0,
    'a set holds scalars':
      listType === 'set' && ['array', 'object'].includes(schema.items?.type ?? ''),
  });
}

function isRequiredOrDefaulted(item: StructuralSchema | undefined, key: string): boolean {
  const property = item?.properties?.[key];
  if (property === undefined || ['array', 'object'].includes(property.type ?? '')) return false;
  return (item?.required ?? []).includes(key) || property.default !== undefined;
}

const forbiddenInJunctors = [
  'type',
  'description',
  'default',
  'nullable',
  'additionalProperties',
] as const;

function junctorProblems(schema: StructuralSchema): string[] {
  if (schema.anyOf === undefined) return [];
  if (schema['x-kubernetes-int-or-string'] === true) {
    return problems({
      'int-or-string needs anyOf integer and string, in this order':
        JSON.stringify(schema.anyOf) !== '[{"type":"integer"},{"type":"string"}]',
    });
  }
  return schema.anyOf.flatMap((branch, index) =>
    forbiddenInJunctors
      .filter((key) => key in branch)
      .map((key) => `anyOf[${index}] must not contain ${key}`),
  );
}

function ruleProblems(schema: StructuralSchema): string[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule, message }) =>
    problems({
      [`rule needs a message: ${rule}`]: message.trim() === '',
      [`message must be one line: ${rule}`]: /[\r\n]/.test(message),
    }),
  );
}

/** The names of the conditions that are true. */
function problems(conditions: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(conditions).filter((problem) => conditions[problem]);
}
