// `npm run smoke` and `npm run load`, as a user runs them, against a started API.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { seededDatabase, startedApi } from '../../support/storefront.ts';

const root = join(import.meta.dirname, '../../..');
let api: RunningApi;
let url: string;
beforeAll(async () => {
  api = await startedApi(await seededDatabase());
  url = `http://127.0.0.1:${api.port}`;
});
afterAll(() => api.stop());

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(command: string, ...args: readonly string[]): Promise<Outcome> {
  const node = join(root, 'node_modules/.bin/node');
  return new Promise((resolve) => {
    execFile(node, [`dev/${command}.ts`, ...args], { cwd: root }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, output: stdout + stderr });
    });
  });
}

describe('smoke', () => {
  it('says of each check whether it passed', async () => {
    const { code, output } = await run('smoke', '--url', url, '--allow-checkout');
    expect(output).not.toContain('FAIL');
    for (const name of ['health', 'product', 'headers', 'sign-in refusal', 'TLS', 'checkout'])
      expect(output).toContain(`ok    ${name}: `);
    expect(output).toMatch(/checkout: order \d+ of [A-Z0-9-]+, placed once and cancelled/);
    expect(code).toBe(0);
  });

  it('buys nothing unless it is told to', async () => {
    expect((await run('smoke', '--url', url)).output).not.toContain('checkout');
  });

  it('fails where no shop answers, and says why', async () => {
    const { code, output } = await run('smoke', '--url', 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(output).toMatch(/FAIL {2}health: .+/);
  });

  it('asks for an address', async () => {
    expect(await run('smoke')).toMatchObject({ code: 1, output: expect.stringContaining('--url') });
  });
});

describe('load', () => {
  it('tells rates, times and statuses', async () => {
    const args = ['--url', url, '--seconds', '2', '--rate', '50', '--connections', '5'];
    const { code, output } = await run('load', ...args);
    expect(output).toMatch(/2 s {2}\d+\/s {2}p50\/p95\/p99 [\d.]+ \/ [\d.]+ \/ [\d.]+ ms/);
    expect(output).toMatch(/^200: \d+; p95/m);
    expect(code).toBe(0);
  });

  it.each([
    [['--url', 'http://shop.example.com'], 'shop.example.com is not this machine'],
    [['--url', 'ftp://127.0.0.1'], 'is not http://… or https://…'],
    [['--url', 'http://127.0.0.1:1', '--rate', '20001'], '--rate: "20001" is not a whole number'],
    [['--url', 'http://127.0.0.1:1', '--seconds', '0'], '--seconds: "0" is not a whole number'],
    [[], '--url is missing'],
  ])('refuses %j', async (args, words) => {
    expect(await run('load', ...args)).toMatchObject({
      code: 1,
      output: expect.stringContaining(words),
    });
  });

  it('fails when nothing answers', async () => {
    const { code, output } = await run('load', '--url', 'http://127.0.0.1:9', '--seconds', '1');
    expect(output).toMatch(/no answer/);
    expect(code).toBe(3);
  });
});
