// A real nginx around a generated `store.conf`, in the frame that the web image gives it: the server block includes it, and
// locations add the headers that its variables hold.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../dev/cluster/free-ports.ts';
import { mountPaths } from '../../operator/names.ts';
import { eventually } from './eventually.ts';

/** Whether this machine has nginx. */
export function hasNginx(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function frame(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join('\n');
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
${temporary}
  access_log off;
  types { text/html html; }
  server {
    listen 127.0.0.1:${port} default_server;
    server_name _;
    absolute_redirect off;
    include ${folder}/*.conf;
    location / {
      add_header Strict-Transport-Security $strict_transport_security always;
      return 200 "the page";
    }
    location = /healthz {
      return 200 "ok";
    }
  }
}
`;
}

/** An nginx that runs. */
export interface RunningNginx {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Checks the files of a web ConfigMap with `nginx -t`, then serves by them.
 * @throws Error with nginx' own words when it refuses them
 */
export async function startNginx(files: Readonly<Record<string, string>>): Promise<RunningNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-nginx-'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text.replaceAll(mountPaths.config, folder));
  }
  const [port = 0] = await freePorts(1);
  const main = join(folder, 'nginx.main');
  writeFileSync(main, frame(folder, port));
  const args = ['-p', folder, '-e', 'stderr', '-c', main];
  execFileSync('nginx', ['-t', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const child = spawn('nginx', args, { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${url}/healthz`));
  return { url, stop: () => ended(child, folder) };
}

async function ended(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
}
