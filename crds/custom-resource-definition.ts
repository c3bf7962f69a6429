// The CustomResourceDefinition of a store, as an object: names, columns of `kubectl get`, and the schema from zod.
import type { z } from 'zod';
import { storeNameRule } from './store/formats.ts';
import { ruleAsValidation } from './store/rules.ts';
import { storeStatus } from './store/status.ts';
import { group, storeKind, storePlural, storeSpec, version } from './store/store.ts';
import { structuralSchema, type StructuralSchema } from './structural-schema.ts';

/** One column of `kubectl get`; priority 1 shows it with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'boolean' | 'date' | 'string';
  readonly description: string;
  readonly jsonPath: string;
  readonly priority?: 1;
}

/** The part of a CustomResourceDefinition (apiextensions.k8s.io/v1) that this project writes. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: Readonly<Record<string, string | readonly string[]>>;
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly subresources: { readonly status: Readonly<Record<string, never>> };
      readonly additionalPrinterColumns: readonly PrinterColumn[];
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
    }[];
  };
}

const readyCondition = '.status.conditions[?(@.type=="Ready")]';

/** Columns of `kubectl get dcs`, in order. */
export const printerColumns: readonly PrinterColumn[] = [
  text('Ready', 'Whether a shopper can buy.', `${readyCondition}.status`),
  text('Reason', 'Why the store is ready or not.', `${readyCondition}.reason`),
  text('Version', 'Release that serves now.', '.status.version'),
  text('API', 'Pods of the API, ready/desired.', '.status.components.api.pods'),
  text('Web', 'Pods of the page, ready/desired.', '.status.components.web.pods'),
  text('URL', 'Address of the shop.', '.status.url'),
  {
    ...text(
      'Database',
      'Whether the database works.',
      '.status.conditions[?(@.type=="DatabaseReady")].status',
    ),
    priority: 1,
  },
  {
    name: 'Paused',
    type: 'boolean',
    description: 'Whether reconciling is stopped.',
    jsonPath: '.spec.paused',
    priority: 1,
  },
  { ...text('API image', 'Image of the API.', '.status.images.api'), priority: 1 },
  { ...text('Web image', 'Image of the page.', '.status.images.web'), priority: 1 },
  {
    ...text('Certificate until', 'When the certificate expires.', '.status.tls.notAfter'),
    priority: 1,
  },
  {
    name: 'Age',
    type: 'date',
    description: 'Time since the store was created.',
    jsonPath: '.metadata.creationTimestamp',
  },
];

/** The definition that `npm run generate` writes. Pure and deterministic. */
export function storeDefinition(): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${storePlural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind: storeKind,
        listKind: `${storeKind}List`,
        plural: storePlural,
        singular: storeKind.toLowerCase(),
        shortNames: ['dcs'],
        categories: ['dhakacart'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: objectSchema(storeSpec, storeStatus) },
        },
      ],
    },
  };
}

function objectSchema(spec: z.ZodType, status: z.ZodType): StructuralSchema {
  return {
    type: 'object',
    description: 'A DhakaCart web shop: write what it should be, and the operator makes it so.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `${group}/${version}` },
      kind: { type: 'string', description: storeKind },
      // The API server knows its schema and allows no more than this.
      metadata: { type: 'object' },
      spec: structuralSchema(spec),
      status: structuralSchema(status),
    },
    'x-kubernetes-validations': [ruleAsValidation(storeNameRule)],
  };
}

function text(name: string, description: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', description, jsonPath };
}
