// Kubeconfigs are written as JSON, which every YAML reader takes.

/** What proves who the user is. */
export type Credentials =
  | { readonly token: string }
  | { readonly certificate: string; readonly key: string };

/** The text of a kubeconfig with one cluster, one user and one context; PEM in, base64 out. Pure. */
export function kubeconfigText(
  server: string,
  authorityCertificate: string,
  credentials: Credentials,
): string {
  const name = 'dhakacart';
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificate),
          'client-key-data': base64(credentials.key),
        };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      { name, cluster: { server, 'certificate-authority-data': base64(authorityCertificate) } },
    ],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
