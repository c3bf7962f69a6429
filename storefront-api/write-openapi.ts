// Writes docs/reference/openapi.json from the route declarations; with --check it only compares. Handlers are never
// called, so what they need is left out.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from './routing/openapi.ts';
import { type ShopDependencies, shopRoutes } from './shop-routes.ts';

/** Path of the document below the project's root. */
export const openApiPath = 'docs/reference/openapi.json';

/** The text of the document. Pure. */
export function openApiText(): string {
  const document = openApiDocument(shopRoutes({} as ShopDependencies));
  return `${JSON.stringify(document, null, 2)}\n`;
}

function main(file: string, isCheck: boolean): void {
  if (!isCheck) {
    writeFileSync(file, openApiText());
    process.stdout.write(`${openApiPath}\n`);
    return;
  }
  if (readFileSync(file, 'utf8') === openApiText()) return;
  process.stderr.write(`stale, run \`npm run generate\`: ${openApiPath}\n`);
  process.exitCode = 1;
}

if (import.meta.main) {
  main(join(import.meta.dirname, '..', openApiPath), process.argv.includes('--check'));
}
