// One accepted and one refused example for every rule of the contract. Two judges read this table: the guard inside
// reconcile (unit) and a real API server (integration). A patch is merged over the smallest store.
import type { StoreSpecInput } from '../../crds/store/store.ts';
import { databaseCases } from './store-database-cases.ts';
import { exposureCases } from './store-exposure-cases.ts';
import { gatewayCases } from './store-gateway-cases.ts';
import { networkPolicyCases } from './store-network-cases.ts';
import { secretsCases } from './store-secrets-cases.ts';
import { formatCases } from './store-format-cases.ts';

/** A rule by example. */
export interface StoreCase {
  readonly title: string;
  readonly accepted: object;
  readonly refused: object;
  /** The field to blame, below `spec.`. */
  readonly path: string;
  /** What the owner reads; part of the API server's message. */
  readonly message: string;
  /** What the guard says, where the API server's words differ. */
  readonly guard?: string;
}

/** The smallest spec. */
export const smallestSpec: StoreSpecInput = { version: '1.0.0', hosts: ['shop.example.com'] };

const label63 = 'a'.repeat(63);
const env = (...variables: object[]): object => ({ api: { env: variables } });
const toleration = (fields: object): object => ({ web: { scheduling: { tolerations: [fields] } } });
const selector = (labels: object): object => ({ api: { scheduling: { nodeSelector: labels } } });
const autoscaling = (fields: object): object => ({ api: { autoscaling: fields } });
const resources = (fields: object): object => ({ web: { resources: fields } });
const sessions = (fields: object): object => ({ security: { sessions: fields } });
const origins = (...allowedOrigins: string[]): object => ({
  security: { cors: { allowedOrigins } },
});

const objectNameMessage = 'must be the name of an object: lower-case letters';
const labelValueMessage =
  'letters, digits, -, _ and ., beginning and ending with a letter or digit';

/** Rules that span fields, and lists without repetition. */
export const spanningCases: readonly StoreCase[] = [
  {
    title: 'hosts: each once',
    accepted: { hosts: ['a.example.com', 'b.example.com'] },
    refused: { hosts: ['a.example.com', 'b.example.com', 'a.example.com'] },
    path: 'hosts',
    message: 'Duplicate value: "a.example.com"',
    guard: 'remove the repetition',
  },
  {
    title: 'minReplicas <= maxReplicas',
    accepted: autoscaling({ minReplicas: 5, maxReplicas: 5 }),
    refused: autoscaling({ minReplicas: 6, maxReplicas: 5 }),
    path: 'api.autoscaling.minReplicas',
    message: 'must not exceed maxReplicas: lower minReplicas (3 when absent) or raise maxReplicas',
  },
  {
    title: 'minReplicas <= maxReplicas with the default minimum',
    accepted: autoscaling({ maxReplicas: 3 }),
    refused: autoscaling({ maxReplicas: 2 }),
    path: 'api.autoscaling.minReplicas',
    message: 'must not exceed maxReplicas: lower minReplicas (3 when absent) or raise maxReplicas',
  },
  {
    title: 'one pod and a disruption budget exclude each other',
    accepted: { api: { autoscaling: { minReplicas: 2 } } },
    refused: { api: { autoscaling: { minReplicas: 1 } } },
    path: 'api.autoscaling.minReplicas',
    message: 'write minReplicas: 2 or more, or disruptionBudget.enabled: false',
  },
  {
    title: 'one pod is allowed without a disruption budget',
    accepted: { web: { autoscaling: { minReplicas: 1 }, disruptionBudget: { enabled: false } } },
    refused: { web: { autoscaling: { minReplicas: 1 }, disruptionBudget: { maxUnavailable: 2 } } },
    path: 'web.autoscaling.minReplicas',
    message: 'write minReplicas: 2 or more, or disruptionBudget.enabled: false',
  },
  {
    title: 'minReplicas: 1 is no matter while autoscaling is off',
    accepted: { web: { autoscaling: { enabled: false, minReplicas: 1 } } },
    refused: { web: { autoscaling: { enabled: true, minReplicas: 1 } } },
    path: 'web.autoscaling.minReplicas',
    message: 'which cannot protect a single pod',
  },
  {
    title: 'requests.cpu <= limits.cpu',
    accepted: resources({ requests: { cpu: '1000m' }, limits: { cpu: 1 } }),
    refused: resources({ requests: { cpu: '1001m' }, limits: { cpu: 1 } }),
    path: 'web.resources.requests.cpu',
    message: 'must not exceed limits.cpu (1), but is 1001m: lower requests.cpu or raise limits.cpu',
    guard: 'must not exceed limits.cpu: lower requests.cpu or raise limits.cpu',
  },
  {
    title: 'requests.memory <= limits.memory, across decimal and binary units',
    accepted: resources({ requests: { memory: '1024Ki' }, limits: { memory: '1Mi' } }),
    refused: resources({ requests: { memory: '1Mi' }, limits: { memory: '1M' } }),
    path: 'web.resources.requests.memory',
    message: 'must not exceed limits.memory (1M), but is 1Mi',
    guard: 'must not exceed limits.memory: lower requests.memory or raise limits.memory',
  },
  {
    title: 'accessTokenSeconds <= idleSeconds',
    accepted: sessions({ accessTokenSeconds: 600, idleSeconds: 600 }),
    refused: sessions({ accessTokenSeconds: 601, idleSeconds: 600 }),
    path: 'security.sessions.accessTokenSeconds',
    message: 'must not exceed idleSeconds: lower accessTokenSeconds or raise idleSeconds',
  },
  {
    title: 'idleSeconds <= absoluteSeconds',
    accepted: sessions({ idleSeconds: 86_400 }),
    refused: sessions({ idleSeconds: 86_401 }),
    path: 'security.sessions.idleSeconds',
    message: 'must not exceed absoluteSeconds: lower idleSeconds or raise absoluteSeconds',
  },
  {
    title: 'allowedOrigins: each once',
    accepted: origins('https://a.example.com', 'https://b.example.com'),
    refused: origins('https://a.example.com', 'https://a.example.com'),
    path: 'security.cors.allowedOrigins',
    message: 'Duplicate value: "https://a.example.com"',
    guard: 'remove the repetition',
  },
  {
    title: 'imagePullSecrets: each once',
    accepted: { imagePullSecrets: ['a', 'b'] },
    refused: { imagePullSecrets: ['a', 'a'] },
    path: 'imagePullSecrets',
    message: 'Duplicate value: "a"',
    guard: 'remove the repetition',
  },
];

const fromSecret = { secretKeyRef: { name: 'smtp', key: 'password' } };
const fromConfigMap = { configMapKeyRef: { name: 'smtp', key: '.password' } };
const oneSource = 'must have exactly one of secretKeyRef and configMapKeyRef: write one of them';

/** Rules of `env`. */
export const envCases: readonly StoreCase[] = [
  {
    title: 'env: value or valueFrom, not both',
    accepted: env({ name: 'A', value: '' }, { name: 'B', valueFrom: fromSecret }),
    refused: env({ name: 'A', value: 'x', valueFrom: fromSecret }),
    path: 'api.env[0]',
    message: 'variable A must have exactly one of value and valueFrom: write one of them',
    guard: 'must have exactly one of value and valueFrom: write one of them',
  },
  {
    title: 'env: value or valueFrom, not neither',
    accepted: env({ name: 'A', value: 'x' }),
    refused: env({ name: 'A' }),
    path: 'api.env[0]',
    message: 'variable A must have exactly one of value and valueFrom',
    guard: 'must have exactly one of value and valueFrom',
  },
  {
    title: 'env: one source, not two',
    accepted: env({ name: 'A', valueFrom: fromConfigMap }),
    refused: env({ name: 'A', valueFrom: { ...fromSecret, ...fromConfigMap } }),
    path: 'api.env[0].valueFrom',
    message: oneSource,
  },
  {
    title: 'env: one source, not none',
    accepted: env({ name: 'A', valueFrom: fromSecret }),
    refused: env({ name: 'A', valueFrom: {} }),
    path: 'api.env[0].valueFrom',
    message: oneSource,
  },
  {
    title: 'env: the operator keeps its variables',
    accepted: env({ name: 'PORTS', value: 'x' }),
    refused: env({ name: 'LOG_LEVEL', value: 'info' }, { name: 'PORT', value: '1' }),
    path: 'api.env[1].name',
    message: 'PORT is set by the operator itself: remove the variable, or choose another name',
    guard: 'is set by the operator itself: remove the variable, or choose another name',
  },
  {
    title: 'env: the operator keeps its beginnings',
    accepted: env({ name: 'MY_DATABASE_URL', value: 'x' }),
    refused: env({ name: 'DATABASE_URL', value: 'x' }),
    path: 'api.env[0].name',
    message: 'DATABASE_URL must not begin with DATABASE_ or DHAKACART_',
    guard: 'must not begin with DATABASE_ or DHAKACART_, which belong to the operator',
  },
  {
    title: 'env: names of variables',
    accepted: env({ name: '_a1', value: 'x' }),
    refused: env({ name: 'LOG-LEVEL', value: 'x' }),
    path: 'api.env[0].name',
    message: 'must be a variable name such as LOG_LEVEL',
  },
  {
    title: 'env: each variable once',
    accepted: env({ name: 'A', value: 'x' }, { name: 'B', value: 'x' }),
    refused: env({ name: 'A', value: 'x' }, { name: 'A', value: 'y' }),
    path: 'api.env',
    message: 'Duplicate value: {"name":"A"}',
    guard: 'must name each variable once: remove the repetition',
  },
  {
    title: 'env: names of Secrets',
    accepted: env({ name: 'A', valueFrom: fromSecret }),
    refused: env({ name: 'A', valueFrom: { secretKeyRef: { name: 'SMTP', key: 'k' } } }),
    path: 'api.env[0].valueFrom.secretKeyRef.name',
    message: objectNameMessage,
  },
  {
    title: 'env: names of ConfigMaps',
    accepted: env({ name: 'A', valueFrom: fromConfigMap }),
    refused: env({ name: 'A', valueFrom: { configMapKeyRef: { name: 'SMTP', key: 'k' } } }),
    path: 'api.env[0].valueFrom.configMapKeyRef.name',
    message: objectNameMessage,
  },
  {
    title: 'env: keys of Secrets',
    accepted: env({ name: 'A', valueFrom: fromSecret }),
    refused: env({ name: 'A', valueFrom: { secretKeyRef: { name: 'smtp', key: '..' } } }),
    path: 'api.env[0].valueFrom.secretKeyRef.key',
    message: 'must be a key: letters, digits, -, _ and .',
  },
  ...['..', '.', '..a', 'a b', ''].map((key) => ({
    title: `env: keys of ConfigMaps, not ${JSON.stringify(key)}`,
    accepted: env({ name: 'A', valueFrom: fromConfigMap }),
    refused: env({ name: 'A', valueFrom: { configMapKeyRef: { name: 'smtp', key } } }),
    path: 'api.env[0].valueFrom.configMapKeyRef.key',
    message: 'must be a key: letters, digits, -, _ and .',
  })),
  {
    title: 'env: a value counts characters, not UTF-16 units',
    accepted: env({ name: 'A', value: '🛒'.repeat(4096) }),
    refused: env({ name: 'A', value: '🛒'.repeat(4097) }),
    path: 'api.env[0].value',
    message: 'Too long: may not be more than 4096',
    guard: 'must have at most 4096 characters',
  },
];

/** Rules of `scheduling`, as core Kubernetes has them for a pod. */
export const schedulingCases: readonly StoreCase[] = [
  {
    title: 'toleration: an empty key needs Exists',
    accepted: toleration({ operator: 'Exists' }),
    refused: toleration({ value: 'shop' }),
    path: 'web.scheduling.tolerations[0].operator',
    message: 'must be Exists when key is empty: write a key, or operator: Exists',
  },
  {
    title: 'toleration: Exists has no value',
    accepted: toleration({ key: 'example.com/pool', operator: 'Exists' }),
    refused: toleration({ key: 'example.com/pool', operator: 'Exists', value: 'shop' }),
    path: 'web.scheduling.tolerations[0].value',
    message: 'must be empty with operator Exists: remove value, or write operator: Equal',
  },
  {
    title: 'toleration: seconds need NoExecute',
    accepted: toleration({ key: 'a', effect: 'NoExecute', tolerationSeconds: 0 }),
    refused: toleration({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 60 }),
    path: 'web.scheduling.tolerations[0].effect',
    message: 'must be NoExecute when tolerationSeconds is set: write effect: NoExecute',
  },
  ...['/pool', 'Example.com/pool', 'a/b/c', 'a b', `${'a'.repeat(254)}/b`, `a/${label63}a`].map(
    (key) => ({
      title: `toleration: key is not ${key.slice(0, 20)}`,
      accepted: toleration({ key: `${'a'.repeat(253)}/${label63}` }),
      refused: toleration({ key }),
      path: 'web.scheduling.tolerations[0].key',
      message: 'must be empty or a taint key: letters, digits',
    }),
  ),
  {
    title: 'toleration: value',
    accepted: toleration({ key: 'a', value: 'Shop_1.0' }),
    refused: toleration({ key: 'a', value: '-shop' }),
    path: 'web.scheduling.tolerations[0].value',
    message: labelValueMessage,
  },
  ...['/arch', 'kubernetes.io/', 'a b', `${'a'.repeat(254)}/b`, 'x'.repeat(64), ''].map((key) => ({
    title: `nodeSelector: key is not ${JSON.stringify(key.slice(0, 20))}`,
    accepted: selector({ 'kubernetes.io/arch': 'amd64', [`${'a'.repeat(253)}/${label63}`]: '' }),
    refused: selector({ [key]: 'x' }),
    path: 'api.scheduling.nodeSelector',
    message: 'must have label keys: letters, digits',
  })),
  {
    title: 'nodeSelector: values',
    accepted: selector({ pool: 'shop-1' }),
    refused: selector({ pool: 'shop 1' }),
    path: 'api.scheduling.nodeSelector',
    message: `must have label values: ${labelValueMessage}`,
  },
];

const labelsOf = (size: number): object =>
  selector(Object.fromEntries(Array.from({ length: size }, (_, index) => [`key-${index}`, 'a'])));

/** Bounds of maps, whose keys have no path of their own. */
export const mapCases: readonly StoreCase[] = [
  {
    title: 'nodeSelector: at most 20 labels',
    accepted: labelsOf(20),
    refused: labelsOf(21),
    path: 'api.scheduling.nodeSelector',
    message: 'must have at most 20 items',
    guard: 'must have at most 20 labels',
  },
  {
    title: 'nodeSelector: values of at most 63 characters',
    accepted: selector({ pool: label63 }),
    refused: selector({ pool: `${label63}a` }),
    path: 'api.scheduling.nodeSelector.pool',
    message: 'may not be more than 63',
    guard: '63',
  },
];

/** All of them. */
export const storeCases: readonly StoreCase[] = [
  ...databaseCases,
  ...formatCases,
  ...spanningCases,
  ...envCases,
  ...schedulingCases,
  ...mapCases,
  ...exposureCases,
  ...gatewayCases,
  ...networkPolicyCases,
  ...secretsCases,
];
