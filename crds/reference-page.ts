// The reference page for people who prefer a page to `kubectl explain`: every field with its type, default and bounds,
// and every rule with the message that breaking it gives.
import type { CustomResourceDefinition, PrinterColumn } from './custom-resource-definition.ts';
import type { StructuralSchema } from './structural-schema.ts';

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly isRequired: boolean;
}

/** Markdown for one definition. Pure. */
export function referencePage(definition: CustomResourceDefinition): string {
  const { group, names, versions } = definition.spec;
  const [served] = versions;
  if (served === undefined) throw new Error('the definition has no version');
  const root = served.schema.openAPIV3Schema;
  const { spec, status } = root.properties ?? {};
  if (spec === undefined || status === undefined)
    throw new Error('the schema has no spec or status');
  return (
    [
      `# ${String(names.kind)}`,
      `\`${group}/${served.name}\`, short name \`dcs\`, namespaced. ${root.description ?? ''}`,
      'The same text is in every cluster: `kubectl explain dcs.spec --recursive`.',
      '## What an owner writes',
      'A block that is absent means its defaults. An object shows no default of its own: its fields have them.',
      ...sections(spec),
      '## Rules',
      'Checked by the API server when a store is written. Each message says what to write instead.',
      ruleTable({ ...root, properties: { spec } }),
      '## What the operator reports',
      fieldTable(fields(status, 'status')),
      '## Columns of `kubectl get dcs`',
      columnTable(served.additionalPrinterColumns),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function sections(spec: StructuralSchema): string[] {
  const entries = Object.entries(spec.properties ?? {});
  const isBlock = ([, schema]: [string, StructuralSchema]): boolean => schema.type === 'object';
  const scalars = { ...spec, properties: Object.fromEntries(entries.filter((e) => !isBlock(e))) };
  const blocks = entries
    .filter(isBlock)
    .flatMap(([name, schema]) => [
      `### spec.${name}`,
      schema.description ?? '',
      fieldTable(fields(schema, `spec.${name}`)),
    ]);
  return [fieldTable(fields(scalars, 'spec')), ...blocks];
}

function fields(schema: StructuralSchema, path: string): Field[] {
  const required = new Set(schema.required ?? []);
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    { path: `${path}.${name}`, schema: child, isRequired: required.has(name) },
    ...fields(child, `${path}.${name}`),
  ]);
  return [...named, ...(schema.items ? fields(schema.items, `${path}[]`) : [])];
}

function fieldTable(rows: readonly Field[]): string {
  return table(
    ['field', 'type', 'default', 'bounds', 'description'],
    rows.map(({ path, schema, isRequired }) => [
      `\`${path}\``,
      typeName(schema),
      defaultText(schema, isRequired),
      bounds(schema),
      schema.description ?? '',
    ]),
  );
}

function typeName(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (schema.items) return `list of ${typeName(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeName(schema.additionalProperties)}`;
  return schema.type ?? 'anything';
}

function defaultText(schema: StructuralSchema, isRequired: boolean): string {
  if (isRequired) return 'required';
  if (schema.default === undefined || schema.properties !== undefined) return '';
  return `\`${JSON.stringify(schema.default)}\``;
}

function bounds(schema: StructuralSchema): string {
  const { minimum, maximum, minItems = 0, maxItems, maxLength, maxProperties } = schema;
  const parts = [
    schema.enum?.map((value) => `\`${JSON.stringify(value)}\``).join(', '),
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined,
    minimum !== undefined && maximum === undefined ? `at least ${minimum}` : undefined,
    maxItems === undefined ? undefined : `${minItems} to ${maxItems} items`,
    maxProperties === undefined ? undefined : `at most ${maxProperties} entries`,
    maxLength === undefined ? undefined : `at most ${maxLength} characters`,
    schema.format === 'date-time' ? 'a date and time' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

function ruleTable(root: StructuralSchema): string {
  return table(
    ['field', 'rule'],
    rules(root, '').map(([path, message]) => [`\`${path}\``, message]),
  );
}

function rules(schema: StructuralSchema, path: string): [string, string][] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(
    ({ fieldPath = '', message }): [string, string] => [
      `${path}${fieldPath}` || 'the store',
      message,
    ],
  );
  const prefix = path === '' ? '' : `${path}.`;
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rules(child, `${prefix}${name}`),
  );
  return [...own, ...named, ...(schema.items ? rules(schema.items, `${path}[]`) : [])];
}

function columnTable(columns: readonly PrinterColumn[]): string {
  return table(
    ['column', 'shows', 'from'],
    columns.map(({ name, description, jsonPath, priority }) => [
      name,
      priority === undefined ? description : `${description} With \`-o wide\`.`,
      `\`${jsonPath}\``,
    ]),
  );
}

// Columns are padded as the formatter pads them, so that formatting the page changes nothing.
function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heading, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = heading.map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [first = '', ...others] = cells.map(line);
  return [first, rule, ...others].join('\n');
}
