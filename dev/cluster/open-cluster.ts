import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ClusterAccess,
  ClusterAddress,
  CommandResult,
  Identity,
  KubectlOptions,
} from './cluster.ts';
import { kubeconfigText } from './kubeconfig.ts';
import type { Credentials } from './kubeconfig.ts';
import { issueFromFolder, pkiPaths } from './pki.ts';
import { runCommand } from './run-command.ts';

const KUBECTL_TIMEOUT_MS = 60_000;
const TOKEN_LIFETIME = '24h';

/** The use of a running cluster from any process: a test worker opens what the test run started. */
export function openCluster(address: ClusterAddress): ClusterAccess {
  return {
    kubeconfigPath: address.kubeconfigPath,
    server: address.server,
    auditLogPath: address.auditLogPath,
    kubectl: (args, options) => kubectl(address, args, options),
    kubeconfigFor: (identity) => kubeconfigFor(address, identity),
  };
}

function kubectl(
  address: ClusterAddress,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<CommandResult> {
  return runCommand({
    file: address.kubectl.file,
    args: [...address.kubectl.args, ...args],
    input: options.input,
    env: { ...process.env, KUBECONFIG: options.kubeconfig ?? address.kubeconfigPath },
    timeoutMs: options.timeoutMs ?? KUBECTL_TIMEOUT_MS,
  });
}

async function kubeconfigFor(address: ClusterAddress, identity: Identity): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  const path = join(address.identitiesFolder, `${digest}.kubeconfig`);
  mkdirSync(address.identitiesFolder, { recursive: true });
  const text = await identityKubeconfig(address, identity);
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, path); // two workers may ask for the same identity at once
  return path;
}

async function identityKubeconfig(address: ClusterAddress, identity: Identity): Promise<string> {
  if ('user' in identity && address.pkiFolder === undefined) {
    return impersonatingKubeconfig(address, identity.user, identity.groups ?? []);
  }
  if ('user' in identity && address.pkiFolder !== undefined) {
    const { user, groups = [] } = identity;
    const subject = { commonName: user, organizations: groups };
    const pair = issueFromFolder(address.pkiFolder, { subject, usage: 'client' });
    return ownKubeconfig(address.pkiFolder, address.server, pair);
  }
  const { namespace, name } = (identity as Extract<Identity, { serviceAccount: unknown }>)
    .serviceAccount;
  const token = await serviceAccountToken(address, namespace, name);
  if (address.pkiFolder !== undefined) {
    return ownKubeconfig(address.pkiFolder, address.server, { token });
  }
  return changedUser(address, { token });
}

function ownKubeconfig(pkiFolder: string, server: string, credentials: Credentials): string {
  const authority = readFileSync(pkiPaths(pkiFolder).authority, 'utf8');
  return kubeconfigText(server, authority, credentials);
}

async function serviceAccountToken(
  address: ClusterAddress,
  namespace: string,
  name: string,
): Promise<string> {
  const args = ['create', 'token', name, '-n', namespace, `--duration=${TOKEN_LIFETIME}`];
  const { code, stdout, stderr } = await kubectl(address, args);
  if (code !== 0) {
    throw new Error(`no token for service account ${namespace}/${name}: ${stderr.trim()}`);
  }
  return stdout.trim();
}

/** The administrator of a cluster whose keys are not ours can still act as somebody else. */
async function impersonatingKubeconfig(
  address: ClusterAddress,
  user: string,
  groups: readonly string[],
): Promise<string> {
  const config = await givenKubeconfig(address);
  const own = config.users[0]?.user ?? {};
  const impersonation = { as: user, 'as-groups': groups };
  return withUser(config, { ...own, ...impersonation });
}

async function changedUser(
  address: ClusterAddress,
  user: Record<string, unknown>,
): Promise<string> {
  return withUser(await givenKubeconfig(address), user);
}

interface GivenKubeconfig {
  readonly users: readonly { readonly name: string; readonly user: Record<string, unknown> }[];
}

async function givenKubeconfig(address: ClusterAddress): Promise<GivenKubeconfig> {
  const args = ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'];
  const { code, stdout, stderr } = await kubectl(address, args);
  if (code !== 0) throw new Error(`cannot read ${address.kubeconfigPath}: ${stderr.trim()}`);
  return JSON.parse(stdout) as GivenKubeconfig;
}

function withUser(config: GivenKubeconfig, user: Record<string, unknown>): string {
  const name = config.users[0]?.name ?? 'dhakacart';
  return `${JSON.stringify({ ...config, users: [{ name, user }] }, undefined, 2)}\n`;
}
