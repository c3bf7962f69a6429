// `npm run images`: the shop's images as archives, without an engine and without a registry.
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assembleImages } from './images/assemble-images.ts';
import { type ImageName, imageNames } from './images/image-plan.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run images [-- NAME...] [--storefront-version VERSION]...

Assembles OCI archives of ${imageNames.join(', ')} from this repository,
npm packages and Debian packages, into the cache folder; with a running Docker engine it builds the Dockerfiles.

  --storefront-version V   tag of the two storefront images; may come several times (default: that of the smallest sample)
  --help                   this text
`;

function isImageName(text: string): text is ImageName {
  return (imageNames as readonly string[]).includes(text);
}

function namesOf(words: readonly string[]): readonly ImageName[] {
  const unknown = words.filter((word) => !isImageName(word));
  if (unknown.length > 0)
    throw new Error(`unknown image ${unknown.join(', ')}: known are ${imageNames.join(', ')}`);
  return words.length === 0 ? imageNames : words.filter(isImageName);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'storefront-version': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const [version, ...versions] = values['storefront-version'];
  const steps = new StepPrinter(process.stdout);
  const images = await assembleImages({
    images: namesOf(positionals),
    ...(version !== undefined && { storefrontVersions: [version, ...versions] }),
    onMessage: (line) => steps.done(line),
  });
  process.stdout.write('\n');
  for (const { path, references, digest = 'made by Docker' } of images) {
    const megabytes = (statSync(path).size / 2 ** 20).toFixed(0);
    process.stdout.write(`${references.join(', ')}\n  ${path}  ${megabytes} MiB  ${digest}\n`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`images: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
