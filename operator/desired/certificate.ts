// What cert-manager is asked for: a Certificate, and an Issuer where the store has an account of its own. Both are made by
// us and nothing is annotated, or cert-manager would make a Certificate of its own beside this one:
// https://cert-manager.io/docs/usage/ingress/.
//
// The Secret belongs to nobody, so that it outlives Certificate and store: a store that is made again finds its certificate,
// and no authority is asked twice (https://letsencrypt.org/docs/rate-limits/). By the labels that cert-manager is told to put
// on it the operator sees it, and knows it as this store's.
import { certManagerGroup } from '../../crds/store/tls.ts';
import type { AcmeSpec } from '../../crds/store/acme.ts';
import type { Store } from '../../crds/store/store.ts';
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import { acmeIssuerName, childName, releaselessLabels } from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';
import { gatewayParent } from './gateway.ts';

const apiVersion = `${certManagerGroup}/v1`;

/** https://letsencrypt.org/docs/acme-protocol-updates/, https://letsencrypt.org/docs/staging-environment/ */
const directories = {
  Staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
  Production: 'https://acme-v02.api.letsencrypt.org/directory',
} as const;

/** Who issues, as a Certificate names it. */
export interface IssuerReference {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

/** The issuer that a store names, or the one that is made for it; undefined when it has none. Pure. */
export function issuerReference({
  metadata,
  spec,
}: {
  readonly metadata: Pick<Store['metadata'], 'name'>;
  readonly spec: Pick<Store['spec'], 'tls'>;
}): IssuerReference | undefined {
  const { issuerRef, acme } = spec.tls;
  if (acme === undefined) return issuerRef;
  return { name: acmeIssuerName(metadata.name, acme), kind: 'Issuer', group: certManagerGroup };
}

/** Secret keys as the spec documents them. */
const awsKeys = { id: 'access-key-id', secret: 'secret-access-key' } as const;

type Route53 = NonNullable<AcmeSpec['route53']>;

function route53(zone: Route53) {
  const { region, hostedZoneID, roleArn, serviceAccountName, secretName } = zone;
  return {
    region,
    ...(hostedZoneID !== '' && { hostedZoneID }),
    ...(roleArn !== '' && { role: roleArn }),
    ...(serviceAccountName !== '' && {
      auth: { kubernetes: { serviceAccountRef: { name: serviceAccountName } } },
    }),
    ...(secretName !== '' && {
      accessKeyIDSecretRef: { name: secretName, key: awsKeys.id },
      secretAccessKeySecretRef: { name: secretName, key: awsKeys.secret },
    }),
  };
}

/** The way on which the authority reaches the pod that answers it: the one on which shoppers reach the store. */
function http01(store: Store, exposure: ExposurePlan) {
  if (exposure.mode === 'Gateway') {
    return { gatewayHTTPRoute: { parentRefs: [gatewayParent(store, exposure)] } };
  }
  const className = exposure.mode === 'Ingress' ? exposure.className : undefined;
  return {
    ingress: {
      ...(className !== undefined && { ingressClassName: className }),
      serviceType: 'ClusterIP',
    },
  };
}

/** The Issuer with the ACME account of a store; undefined when it has none. Pure. */
export function issuer(store: Store, { exposure, tls }: Facts): Manifest | undefined {
  const { acme } = store.spec.tls;
  if (!tls.isRequested || acme === undefined) return undefined;
  const { email, environment, server, profile, route53: zone } = acme;
  const name = acmeIssuerName(store.metadata.name, acme);
  const solver =
    acme.solver === 'DNS01' && zone !== undefined
      ? { dns01: { route53: route53(zone) } }
      : { http01: http01(store, exposure) };
  return {
    apiVersion,
    kind: 'Issuer',
    metadata: { ...ownedMetadata(store, 'web', 'cert'), name },
    spec: {
      acme: {
        email,
        server: server === '' ? directories[environment] : server,
        ...(profile !== '' && { profile }),
        privateKeySecretRef: { name },
        solvers: [solver],
      },
    },
  };
}

/** What cert-manager keeps in the Secret `<store>-cert`; undefined while it is not asked. Pure. */
export function certificate(store: Store, { tls }: Facts): Manifest | undefined {
  const reference = issuerReference(store);
  if (!tls.isRequested || reference === undefined) return undefined;
  return {
    apiVersion,
    kind: 'Certificate',
    metadata: ownedMetadata(store, 'web', 'tls'),
    spec: {
      secretName: childName(store.metadata.name, 'cert'),
      secretTemplate: { labels: releaselessLabels(store, 'web') },
      dnsNames: [...store.spec.hosts],
      issuerRef: { name: reference.name, kind: reference.kind, group: reference.group },
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      revisionHistoryLimit: 3,
    },
  };
}
