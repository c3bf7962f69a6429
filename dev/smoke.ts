// `npm run smoke`: does the shop at this address answer as it should? One line a check.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { smoke, type SmokeTarget } from './smoke-checks.ts';

const help = `Usage: npm run smoke -- --url URL [--allow-checkout] [--help]

Checks a running shop without changing anything: health, the product list, a product, a missing one, a wrong question,
security headers, TLS, and that a sign-in with a made-up account is refused. Exit code 3: a check failed.

  --url URL          where the shop answers, such as https://shop.example.com or http://127.0.0.1:8080
  --ca-file FILE     trust these certificates (PEM), such as the self-signed one of a store:
                     kubectl get secret dhaka-tls -o jsonpath='{.data.tls\\.crt}' | base64 -d
  --allow-checkout   also buy one piece of the cheapest product, and cancel the order
`;

async function check(target: SmokeTarget, mayBuy: boolean): Promise<number> {
  const failed = await smoke(target, {
    mayBuy,
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(
    failed === 0 ? 'the shop answers as it should\n' : `${failed} checks failed\n`,
  );
  return failed === 0 ? 0 : 3;
}

try {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      'ca-file': { type: 'string' },
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
  } else {
    const caFile = values['ca-file'];
    const trust = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') };
    process.exitCode = await check(
      { base: new URL(values.url), ...trust },
      values['allow-checkout'],
    );
  }
} catch (error) {
  process.stderr.write(`smoke: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
