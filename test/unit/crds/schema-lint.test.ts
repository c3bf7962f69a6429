import { describe, expect, it } from 'vitest';
import { storeDefinition } from '../../../crds/custom-resource-definition.ts';
import { lint } from '../../../crds/schema-lint.ts';
import { storeStatus } from '../../../crds/store/status.ts';
import { storeSpec } from '../../../crds/store/store.ts';
import { type StructuralSchema, structuralSchema } from '../../../crds/structural-schema.ts';

const text: StructuralSchema = { type: 'string', description: 'Text.', maxLength: 9 };
const intOrString: StructuralSchema = {
  'x-kubernetes-int-or-string': true,
  maxLength: 9,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
};
const list = (fields: Partial<StructuralSchema>): StructuralSchema => ({
  type: 'array',
  maxItems: 9,
  items: { type: 'object', required: ['name'], properties: { name: text, other: text } },
  'x-kubernetes-list-type': 'atomic',
  ...fields,
});

describe('the lint of a structural schema', () => {
  it.each([
    ['spec', structuralSchema(storeSpec)],
    ['status', structuralSchema(storeStatus)],
  ])('finds nothing in our own %s', (_, schema) => {
    expect(lint(schema)).toEqual([]);
  });

  it('finds nothing in the root, but what the API server itself fixes', () => {
    const root = storeDefinition().spec.versions[0]?.schema.openAPIV3Schema ?? {};
    const { apiVersion, kind, metadata, ...own } = root.properties ?? {};

    expect([apiVersion, kind, metadata].every(Boolean)).toBe(true);
    expect(lint({ ...root, properties: own })).toEqual([]);
  });

  it.each<[string, StructuralSchema]>([
    ['$: needs a type', { description: 'What?' }],
    ['$: int-or-string takes no type', { ...intOrString, type: 'string' }],
    ['$: int-or-string needs anyOf', { ...intOrString, anyOf: [{ type: 'string' }] }],
    ['$: default null needs nullable', { ...text, default: null }],
    ['$: pattern is not RE2', { ...text, pattern: '(?!a)' }],
    ['$: needs maxLength', { type: 'string' }],
    ['$: needs maxLength', { type: 'string', format: 'email' }],
    ['$: needs maxItems', { type: 'array', items: text, 'x-kubernetes-list-type': 'set' }],
    ['$: needs maxProperties', { type: 'object', additionalProperties: text }],
    ['$.a: needs a description', { type: 'object', properties: { a: { type: 'boolean' } } }],
    ['$.a.items: needs maxLength', object(list({ items: { type: 'string' } }))],
    ['$.*: needs a type', { type: 'object', maxProperties: 1, additionalProperties: {} }],
    [
      '$: properties and additionalProperties',
      { type: 'object', properties: {}, maxProperties: 1, additionalProperties: text },
    ],
    ['$: requires unknown properties: b', { type: 'object', required: ['b'], properties: {} }],
    [
      '$: additionalProperties must be a schema',
      { type: 'object', additionalProperties: false as unknown as StructuralSchema },
    ],
    ['$: needs items', { type: 'array', maxItems: 1, 'x-kubernetes-list-type': 'set' }],
    ['$: needs x-kubernetes-list-type', { type: 'array', maxItems: 1, items: text }],
    ['$: only a list has', { ...text, 'x-kubernetes-list-type': 'set' }],
    ['$: a list map needs keys', list({ 'x-kubernetes-list-type': 'map' })],
    ['$: a list map needs keys', list({ 'x-kubernetes-list-map-keys': ['name'] })],
    [
      '$: list map keys must be scalars, required or defaulted: other',
      list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['other'] }),
    ],
    ['$: a set holds scalars', list({ 'x-kubernetes-list-type': 'set' })],
    ['$: anyOf[0] must not contain type', { ...text, anyOf: [{ type: 'string' }] }],
    ['$: rule needs a message', { ...text, 'x-kubernetes-validations': [rule('')] }],
    ['$: message must be one line', { ...text, 'x-kubernetes-validations': [rule('a\nb')] }],
  ])('says %s', (problem, schema) => {
    expect(lint(schema)).toContainEqual(expect.stringContaining(problem));
  });

  it('accepts a list map whose key is defaulted', () => {
    const items: StructuralSchema = {
      type: 'object',
      properties: { name: { ...text, default: '' } },
    };
    const keys = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };

    expect(lint(list({ items, ...keys }))).toEqual([]);
  });
});

function object(a: StructuralSchema): StructuralSchema {
  return { type: 'object', properties: { a: { ...a, description: 'A.' } } };
}

function rule(message: string) {
  return { rule: 'self.size() > 0', message };
}
