import { expect } from 'vitest';
import { type RealShop, shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';

/** Fields of /proc/PID/status that tell what a process may, https://man7.org/linux/man-pages/man5/proc_pid_status.5.html. */
function permissions(status: string): Readonly<Record<string, string>> {
  const fields = ['Uid', 'Gid', 'Seccomp', 'NoNewPrivs', 'CapEff', 'CapPrm', 'CapBnd'];
  return Object.fromEntries(
    fields.map((field) => {
      const value = new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? 'absent';
      return [field, value.replaceAll(/\s+/g, ' ')];
    }),
  );
}

/** Real, effective, saved and file system id are the same; a seccomp filter; nothing to gain, nothing to begin with. */
function restrictedTo(id: number): Readonly<Record<string, string>> {
  const ids = Array.from({ length: 4 }, () => id).join(' ');
  const none = '0'.repeat(16);
  return {
    Uid: ids,
    Gid: ids,
    Seccomp: '2',
    NoNewPrivs: '1',
    CapEff: none,
    CapPrm: none,
    CapBnd: none,
  };
}

/** Runs JavaScript in the image of the API, which has no shell; what it logs is the answer. */
function inApi({ run }: RealShop, script: string): Promise<string> {
  return run('exec', `deployment/${shopName}-api`, '--', '/nodejs/bin/node', '-e', script);
}

const tryFolders = `
  const { existsSync, writeFileSync } = require('node:fs');
  const attempt = (path) => { try { writeFileSync(path, 'x'); return 'written'; } catch ({ code }) { return code; } };
  const paths = ['/app/x', '/x', '/etc/x', '/tmp/x'];
  const token = existsSync('/var/run/secrets/kubernetes.io');
  console.log(JSON.stringify({ ...Object.fromEntries(paths.map((path) => [path, attempt(path)])), token }));`;

/** What the kernel says of the shop's programs, whatever their manifests say. */
export function restrictedPods(shop: ShopInTests): void {
  shopTest('runs the API as nobody in particular, who may nothing', shop, async (open) => {
    const read = "console.log(require('node:fs').readFileSync('/proc/1/status', 'utf8'))";
    expect(permissions(await inApi(open, read))).toEqual(restrictedTo(65_532));
    expect(JSON.parse(await inApi(open, tryFolders))).toEqual({
      '/app/x': 'EROFS',
      '/x': 'EROFS',
      '/etc/x': 'EROFS',
      '/tmp/x': 'written',
      token: false,
    });
  });

  shopTest('runs its database in the same way', shop, async ({ node, namespace, run }) => {
    const pod = ['exec', `${shopName}-db-0`, '--'];
    expect(permissions(await run(...pod, 'cat', '/proc/1/status'))).toEqual(restrictedTo(999));
    const { stderr } = await node.kubectl(['-n', namespace, ...pod, 'touch', '/etc/x']);
    expect(stderr).toContain('Read-only file system');
    const token = await node.kubectl(['-n', namespace, ...pod, 'ls', '/var/run/secrets']);
    expect(token.stderr).toContain('No such file');
  });
}
