// The examples of the README, run as they stand there, one after the other, against a shop.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStaff } from '../../../storefront-api/create-staff.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { seededDatabase, settingsOf, startedApi } from '../../support/storefront.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'dhakacart-readme-'));
let api: RunningApi;
beforeAll(async () => {
  const url = await seededDatabase();
  api = await startedApi(url);
  const [, password = ''] = /"staff@example\.com", "password": "([^"]+)"/.exec(readme) ?? [];
  await createStaff(settingsOf(url), { email: 'staff@example.com', password, now: new Date() });
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

/** Code of the chapter about the API, with its address changed, and a curl that fails on what is no success. */
function examples(): string {
  const chapter = readme.slice(
    readme.indexOf("## The shop's API"),
    readme.indexOf('## How it is built'),
  );
  const blocks = [...chapter.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const code = blocks.join('\n').replace('http://127.0.0.1:8080', `http://127.0.0.1:${api.port}`);
  return `curl() { command curl --fail-with-body "$@" && echo; }\nset -x\n${code}`;
}

function run(
  script: string,
): Promise<{ readonly code: number; readonly output: string; readonly log: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder }, (error, output, log) =>
      resolve({ code: error === null ? 0 : Number(error.code), output, log }),
    );
  });
}

describe('the examples of the README', () => {
  it('all succeed, as guest, shopper and staff, in English and Bangla', async () => {
    const { code, output, log } = await run(examples());
    expect(code, `${output}\n${log.split('\n').slice(-5).join('\n')}`).toBe(0);
    expect(log.match(/^\++ curl /gm)?.length).toBeGreaterThanOrEqual(18);
    for (const words of [
      '"state":"cancelled"',
      '"title":"সরিষার তেল',
      '"role":"shopper"',
      '"state":"confirmed"',
    ])
      expect(output).toContain(words);
    expect(output).toContain('"dryRun":true,"rows":1,"products":1,"errorCount":0');
  });
});
