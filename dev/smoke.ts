// `npm run smoke`: does the shop at this address answer as it should? One line a check.
import { parseArgs } from 'node:util';

const help = `Usage: npm run smoke -- --url URL [--help]

Checks a running shop without changing anything: health, the product list, a product, a missing one, a wrong question,
security headers, TLS, and that a sign-in with a made-up account is refused. Exit code 3: a check failed.

  --url URL   where the shop answers, such as https://shop.example.com or http://127.0.0.1:8080
`;

const patienceMs = 10_000;

/** A finding; throws when it is not as it should be. */
type Check = (ask: Ask) => Promise<string>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}
type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

function expectStatus({ status }: Answer, wanted: number): void {
  if (status !== wanted) throw new Error(`answered ${status} instead of ${wanted}`);
}

async function list(ask: Ask): Promise<{ readonly items: readonly { readonly slug: string }[] }> {
  const answer = await ask('/api/products?limit=2');
  expectStatus(answer, 200);
  return answer.json as Awaited<ReturnType<typeof list>>;
}

function expectHeader({ headers }: Answer, name: string, wanted: RegExp): void {
  const value = headers.get(name) ?? '';
  if (!wanted.test(value)) throw new Error(`${name} is "${value}"`);
}

const checks: Readonly<Record<string, Check>> = {
  health: async (ask) => {
    for (const path of ['/health', '/ready']) expectStatus(await ask(path), 200);
    return 'alive and ready';
  },
  'product list': async (ask) => {
    const { items } = await list(ask);
    if (items.length === 0) throw new Error('there are no products: seed the database');
    return `${items.length} products`;
  },
  product: async (ask) => {
    const slug = (await list(ask)).items[0]?.slug ?? '';
    const answer = await ask(`/api/products/${slug}?locale=bn`);
    expectStatus(answer, 200);
    expectHeader(answer, 'content-language', /^bn$/);
    return `${slug} in Bangla`;
  },
  'missing product': async (ask) => {
    const answer = await ask('/api/products/no-such-thing');
    expectStatus(answer, 404);
    expectHeader(answer, 'content-type', /^application\/problem\+json/);
    return '404 as a problem document';
  },
  'wrong question': async (ask) => {
    expectStatus(await ask('/api/products?limit=0'), 400);
    return '400';
  },
  headers: async (ask) => {
    const answer = await ask('/api/products?limit=2');
    expectHeader(answer, 'x-content-type-options', /^nosniff$/);
    expectHeader(answer, 'content-security-policy', /default-src 'none'/);
    expectHeader(answer, 'strict-transport-security', /max-age=\d{8}/);
    expectHeader(answer, 'etag', /^"/);
    for (const name of ['server', 'x-powered-by']) {
      if (answer.headers.has(name)) throw new Error(`${name} tells what runs here`);
    }
    return 'as they should be';
  },
  'sign-in refusal': async (ask) => {
    const answer = await ask('/api/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'not a password of anybody' }),
    });
    if (answer.status !== 401 && answer.status !== 429) expectStatus(answer, 401);
    return String(answer.status);
  },
};

function asker(base: URL): Ask {
  return async (path, init = {}) => {
    const signal = AbortSignal.timeout(patienceMs);
    const response = await fetch(new URL(path, base), { ...init, signal, redirect: 'manual' });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      json: isJson ? JSON.parse(text) : undefined,
    };
  };
}

/** fetch says only "fetch failed"; why is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

async function smoke(base: URL): Promise<boolean> {
  let failed = 0;
  const ask = asker(base);
  const tls: Check = async () => {
    if (base.protocol === 'https:') return 'the certificate is trusted';
    return 'not used: http';
  };
  for (const [name, check] of Object.entries({ ...checks, TLS: tls })) {
    try {
      process.stdout.write(`ok    ${name}: ${await check(ask)}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(`FAIL  ${name}: ${reason(error)}\n`);
    }
  }
  process.stdout.write(
    failed === 0 ? 'the shop answers as it should\n' : `${failed} checks failed\n`,
  );
  return failed === 0;
}

try {
  const { values } = parseArgs({ options: { url: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) process.stdout.write(help);
  else if (
    values.url === undefined ||
    !/^https?:\/\//.test(values.url) ||
    !URL.canParse(values.url)
  ) {
    throw new Error('--url is missing: give it, such as --url http://127.0.0.1:8080');
  } else process.exitCode = (await smoke(new URL(values.url))) ? 0 : 3;
} catch (error) {
  process.stderr.write(`smoke: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
