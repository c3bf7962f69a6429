// `npm run smoke`: does the shop at this address answer as it should? One line a check.
import { parseArgs } from 'node:util';
import { asker, type Check, purchase, readingChecks, tlsOf } from './smoke-checks.ts';

const help = `Usage: npm run smoke -- --url URL [--allow-checkout] [--help]

Checks a running shop without changing anything: health, the product list, a product, a missing one, a wrong question,
security headers, TLS, and that a sign-in with a made-up account is refused. Exit code 3: a check failed.

  --url URL          where the shop answers, such as https://shop.example.com or http://127.0.0.1:8080
  --allow-checkout   also buy one piece of the cheapest product, and cancel the order
`;

/** fetch says only "fetch failed"; why is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

async function smoke(base: URL, mayBuy: boolean): Promise<boolean> {
  let failed = 0;
  const ask = asker(base);
  const checks: readonly (readonly [string, Check])[] = [
    ...Object.entries(readingChecks),
    ['TLS', tlsOf(base)],
    ...(mayBuy ? [['checkout', purchase] as const] : []),
  ];
  for (const [name, check] of checks) {
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
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      'allow-checkout': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) process.stdout.write(help);
  else if (
    values.url === undefined ||
    !/^https?:\/\//.test(values.url) ||
    !URL.canParse(values.url)
  ) {
    throw new Error('--url is missing: give it, such as --url http://127.0.0.1:8080');
  } else process.exitCode = (await smoke(new URL(values.url), values['allow-checkout'])) ? 0 : 3;
} catch (error) {
  process.stderr.write(`smoke: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
