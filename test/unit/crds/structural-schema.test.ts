import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ruled } from '../../../crds/store/rules.ts';
import { structuralSchema } from '../../../crds/structural-schema.ts';

interface Tree {
  readonly children: readonly Tree[];
}
const tree: z.ZodType<Tree> = z.object({
  get children() {
    return z.array(tree);
  },
});

describe('zod as a structural schema', () => {
  it.each([
    ['nullable', z.string().nullable(), { type: 'string', nullable: true }],
    ['null by default', z.string().nullable().default(null), { nullable: true, default: null }],
    ['an integer without bounds', z.int(), { type: 'integer', format: 'int64' }],
    ['an integer below 2^31', z.int().min(0).max(9), { minimum: 0, maximum: 9, format: 'int32' }],
    [
      'an integer to 2^31',
      z
        .int()
        .min(0)
        .max(2 ** 31),
      { maximum: 2 ** 31, format: 'int64' },
    ],
    ['an integer with one bound', z.int().min(1), { minimum: 1, format: 'int64' }],
    ['an exclusive bound', z.number().gt(0), { minimum: 0, exclusiveMinimum: true }],
    [
      'an intersection of objects',
      z.intersection(z.object({ a: z.boolean() }), z.object({ b: z.boolean() })),
      { required: ['a', 'b'], properties: { a: { type: 'boolean' }, b: { type: 'boolean' } } },
    ],
    ['a boolean', z.boolean().default(false), { type: 'boolean', default: false }],
    ['an enum', z.enum(['On', 'Off']), { type: 'string', enum: ['On', 'Off'] }],
    ['a literal', z.literal('On'), { type: 'string', enum: ['On'] }],
    [
      'a map',
      z.record(z.string(), z.boolean()).meta({ maxProperties: 2 }),
      { type: 'object', additionalProperties: { type: 'boolean' }, maxProperties: 2 },
    ],
    ['anything', z.any(), { 'x-kubernetes-preserve-unknown-fields': true }],
    ['unknown', z.unknown(), { 'x-kubernetes-preserve-unknown-fields': true }],
    [
      'a list',
      z.array(z.string().max(3)).max(2).meta({ 'x-kubernetes-list-type': 'set' }),
      { maxItems: 2, items: { type: 'string', maxLength: 3 }, 'x-kubernetes-list-type': 'set' },
    ],
    ['a default', z.string().default('a'), { type: 'string', default: 'a' }],
    ['a format the server knows', z.uuid(), { type: 'string', format: 'uuid' }],
    ['base64', z.base64(), { type: 'string', format: 'byte' }],
    ['examples', z.string().meta({ examples: ['a'], deprecated: true, title: 'T' }), {}],
    ['a refinement, which needs `ruled` to be seen', z.string().refine(() => true), {}],
  ] as const)('%s', (_, schema, wanted) => {
    expect(structuralSchema(schema)).toMatchObject(wanted);
  });

  it('is an object with its required fields', () => {
    const schema = z.object({ a: z.string().describe('A.'), b: z.string().optional() });

    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string', description: 'A.' }, b: { type: 'string' } },
    });
  });

  it('drops what pruning does anyway: strict objects', () => {
    expect(structuralSchema(z.strictObject({ a: z.boolean() }))).toEqual(
      structuralSchema(z.object({ a: z.boolean() })),
    );
  });

  it('keeps unknown fields of loose objects', () => {
    const schema = structuralSchema(z.looseObject({ a: z.boolean() }));

    expect(schema).toMatchObject({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(schema).not.toHaveProperty('additionalProperties');
  });

  it('drops examples, titles and deprecations, which say nothing about validity', () => {
    const schema = z.string().meta({ examples: ['a'], deprecated: true, title: 'T' });

    expect(structuralSchema(schema)).toEqual({ type: 'string' });
  });

  it('keeps a known format and drops its pattern when Go cannot read it', () => {
    const schema = z
      .string()
      .regex(/^(?=a)/)
      .meta({ format: 'email' });

    expect(structuralSchema(schema)).toEqual({ type: 'string', format: 'email' });
  });

  it('writes int-or-string in the only form that the API server takes', () => {
    const schema = z
      .union([z.int(), z.string().max(20)])
      .meta({ 'x-kubernetes-int-or-string': true })
      .default('1');

    expect(structuralSchema(schema)).toEqual({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      maxLength: 20,
      default: '1',
    });
  });

  it('fills the defaults of an object from its fields, so that rules can read them', () => {
    const inner = z.object({ min: z.int().default(3), max: z.int().optional() }).prefault({});
    const schema = z.object({ inner }).prefault({});

    expect(structuralSchema(schema)).toMatchObject({ default: { inner: { min: 3 } } });
  });

  it('carries rules through defaults and descriptions', () => {
    const rule = { cel: 'self', holds: (value: boolean) => value, message: 'must be true' };
    const schema = ruled(z.boolean(), rule).default(true).describe('Yes.');

    expect(structuralSchema(schema)['x-kubernetes-validations']).toEqual([
      { rule: 'self', message: 'must be true' },
    ]);
  });

  it.each([
    ['a union', z.object({ a: z.union([z.string(), z.boolean()]) }), '$.a: a union'],
    [
      'a discriminated union',
      z.discriminatedUnion('k', [
        z.object({ k: z.literal('a') }),
        z.object({ k: z.literal('b'), b: z.string() }),
      ]),
      '$: ',
    ],
    ['a tuple', z.array(z.tuple([z.string(), z.boolean()])), '$.items.items: a union'],
    ['a map by enum', z.record(z.enum(['a', 'b']), z.string()), '$: named and further'],
    ['recursion', z.object({ tree }), '$.tree: references'],
    ['an id', z.object({ a: z.string().meta({ id: 'shared' }) }), '$.a: references'],
    ['null by default', z.object({ a: z.any().default(null) }), '$.a: default null'],
    ['a foreign key', z.string().meta({ 'x-mine': 1 }), '$: x-mine'],
    ['a duration', z.array(z.iso.duration()), '$.items: format duration'],
    ['look-ahead', z.string().regex(/^(?=a)/), '$: pattern'],
    ['a transform', z.object({ a: z.string().transform(Number) }), '$.properties.a: pipe'],
    ['a preprocess', z.preprocess(String, z.string()), '$.: pipe'],
    ['a catch', z.array(z.string().catch('a')), '$.items: catch'],
    ['a wrong int-or-string', z.string().meta({ 'x-kubernetes-int-or-string': true }), '$: int-or'],
  ] as const)('refuses %s and says where', (_, schema, message) => {
    expect(() => structuralSchema(schema)).toThrow(message);
  });

  it.each([
    ['bigint', z.bigint()],
    ['date', z.date()],
    ['undefined', z.undefined()],
  ])('refuses %s, which JSON does not have', (_, schema) => {
    expect(() => structuralSchema(schema)).toThrow();
  });
});
