// Traefik's module cannot be built from a module proxy alone: it needs a fork of an authentication library and the
// clients of some hundred DNS providers, several of which are published on GitHub only. An Ingress controller in a node
// without a way out needs neither, so both are replaced: `programs/traefik` holds what takes their place. An upstream
// release, which is tried first, has everything.

import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { downloadedModule, type PublishedModule } from '../binaries/go-module.ts';
import { runCommand } from '../cluster/run-command.ts';

const dnsProviders = 'providers/dns';

/** A module that is changed before it is used. */
interface ChangedModule extends PublishedModule {
  readonly folder: string;
  /** Drops what cannot be built. */
  readonly prune: (folder: string) => void;
  /** Where the replacements of `programs/traefik/<folder>` go. */
  readonly replacements: string;
}

const changedModules: readonly ChangedModule[] = [
  {
    path: 'github.com/go-acme/lego/v5@v5.4.1',
    sum: 'h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc=',
    folder: 'lego',
    prune: (folder) => {
      for (const entry of readdirSync(join(folder, dnsProviders))) {
        if (entry === 'internal') continue;
        rmSync(join(folder, dnsProviders, entry), { recursive: true });
      }
    },
    replacements: dnsProviders,
  },
  {
    path: 'github.com/abbot/go-http-auth@v0.4.0',
    sum: 'h1:QjmvZ5gSC7jm3Zg54DqWE/T5m1t2AfDu6QlXJT0EVT0=',
    folder: 'httpauth',
    prune: (folder) => {
      rmSync(join(folder, 'examples'), { recursive: true, force: true });
      for (const entry of readdirSync(folder)) {
        if (entry.endsWith('_test.go')) rmSync(join(folder, entry));
      }
    },
    replacements: '.',
  },
];

/**
 * Makes in `target` the module that builds Traefik.
 * @throws Error when a module cannot be downloaded
 */
export async function arrangeTraefikModule(
  moduleFolder: string,
  goFile: string,
  target: string,
): Promise<void> {
  mkdirSync(target, { recursive: true });
  for (const name of ['go.mod', 'go.sum', 'ext']) {
    cpSync(join(moduleFolder, name), join(target, name), { recursive: true });
  }
  for (const module of changedModules) {
    const source = await downloadedModule(goFile, module);
    const folder = join(target, module.folder);
    cpSync(source, folder, { recursive: true });
    await writable(folder);
    module.prune(folder);
    cpSync(join(moduleFolder, module.folder), join(folder, module.replacements), {
      recursive: true,
    });
  }
}

/** Go's module cache is read-only, and copies keep that. */
async function writable(folder: string): Promise<void> {
  const args = ['-R', 'u+w', folder];
  const { code, stderr } = await runCommand({ file: 'chmod', args, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`chmod: ${stderr.trim()}`);
}
