import { storeDefinition } from '../../../../crds/custom-resource-definition.ts';

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
}

/** What the API server publishes of the CRD, as far as it is read. */
export function anOpenApiDocument(change: (schema: Node) => void = () => {}) {
  const [served] = storeDefinition().spec.versions;
  const schema = structuredClone(served?.schema.openAPIV3Schema) as Node;
  change(schema);
  const kinds = [{ group: 'dhakacart.io', kind: 'DhakaCartStore', version: 'v1alpha1' }];
  return {
    components: {
      schemas: {
        'io.dhakacart.v1alpha1.DhakaCartStore': {
          ...schema,
          'x-kubernetes-group-version-kind': kinds,
        },
        'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': { properties: { name: {} } },
      },
    },
  };
}
