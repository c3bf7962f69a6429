// What the web image's nginx must know of the store. The image owns nginx.conf; `store.conf` is included in its server block,
// so only directives of that block may stand here. Text of the owner never does: it could end a directive and begin another.
// It goes into a page of its own, which nginx reads as a file.
import type { Store } from '../../crds/store/store.ts';
import { isHttps } from '../exposure/edge-adapters.ts';
import { strictTransportSecurity } from '../exposure/strict-transport-security.ts';
import { fileNames, mountPaths, ports, webHealthPath } from '../names.ts';
import type { Facts } from './desired-object.ts';

/** What nginx must know beside the store. */
export type WebServerFacts = Pick<Facts, 'servesIpv6'>;

/** A guess at when to look again, as the API makes it. */
const retryAfterSeconds = 120;

/** What the shop says when the owner has not found words of their own. */
const ordinaryWords = {
  en: 'The shop is closed for maintenance. Please come back soon.',
  bn: 'রক্ষণাবেক্ষণের জন্য দোকান এখন বন্ধ আছে। অনুগ্রহ করে একটু পরে আসুন।',
} as const;

/**
 * RFC 6797 section 7.2: never over http; an empty value makes no header. A location with headers of its own inherits none
 * (https://nginx.org/en/docs/http/ngx_http_headers_module.html), so the image's nginx.conf adds the variable in each.
 */
function strictTransport({ exposure }: Store['spec']): readonly string[] {
  return [
    'set $strict_transport_security "";',
    'if ($http_x_forwarded_proto = https) {',
    `    set $strict_transport_security "${strictTransportSecurity(exposure.policy.hsts)}";`,
    '}',
    'add_header Strict-Transport-Security $strict_transport_security always;',
  ];
}

/** Whatever controller stands in front. Probes of the kubelet come without a proxy, hence without the header. */
function redirect(spec: Store['spec']): readonly string[] {
  if (!spec.exposure.policy.httpsRedirect || !isHttps(spec)) return [];
  return [
    'if ($http_x_forwarded_proto = http) {',
    '    return 308 https://$host$request_uri;',
    '}',
  ];
}

/** Everything but the probes gets the page with status 503. */
function closed({ maintenance }: Store['spec']): readonly string[] {
  if (maintenance.mode !== 'Full') return [];
  const page = `/${fileNames.maintenancePage}`;
  return [
    'set $closed 1;',
    `if ($uri = ${webHealthPath}) {`,
    '    set $closed 0;',
    '}',
    `if ($uri = ${page}) {`,
    '    set $closed 0;',
    '}',
    'if ($closed) {',
    '    return 503;',
    '}',
    `error_page 503 ${page};`,
    `location = ${page} {`,
    '    internal;',
    `    root ${mountPaths.config};`,
    '    charset utf-8;',
    `    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;`,
    '    add_header X-Content-Type-Options nosniff always;',
    `    add_header Retry-After ${retryAfterSeconds} always;`,
    '    add_header Cache-Control no-store always;',
    '    add_header Strict-Transport-Security $strict_transport_security always;',
    '}',
  ];
}

/** The image listens on IPv4 alone: nginx does not start when it is told of IPv6 and the kernel has none. */
function listening({ servesIpv6 }: WebServerFacts): readonly string[] {
  return servesIpv6 ? [`listen [::]:${ports.http.container} default_server;`] : [];
}

/** Text of `store.conf`. Pure. */
export function webServerText({ spec }: Pick<Store, 'spec'>, facts: WebServerFacts): string {
  const lines = [
    '# Directives for the server block of nginx, made by dhakacart-operator from the store.',
    ...listening(facts),
    `server_name ${spec.hosts.join(' ')};`,
    ...strictTransport(spec),
    ...redirect(spec),
    ...closed(spec),
  ];
  return `${lines.join('\n')}\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
}

/** The page of a shop that is closed, in both languages; undefined while it is open. Pure. */
export function maintenancePage({ spec }: Pick<Store, 'spec'>): string | undefined {
  const { mode, message } = spec.maintenance;
  if (mode !== 'Full') return undefined;
  const paragraph = (language: 'en' | 'bn'): string =>
    `<p lang="${language}">${escaped(message[language] || ordinaryWords[language])}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escaped(spec.hosts[0] ?? '')}</title>
</head>
<body>
${paragraph('bn')}
${paragraph('en')}
</body>
</html>
`;
}
