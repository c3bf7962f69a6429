// Very many sockets that say nothing, opened by a process of its own: each process may open only so many files, and what the
// sockets cost the server is not to be mixed up with what they cost the client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const program = `
const { connect } = require('node:net');
const [port, count] = process.argv.slice(1).map(Number);
let [opened, left] = [0, count];
const open = () => {
  if (left-- <= 0) return;
  connect(port, '127.0.0.1', () => {
    opened += 1;
    if (opened === count) console.log('open');
    open();
  }).on('close', () => process.exit(1)).on('error', () => process.exit(1)).resume();
};
for (let n = 0; n < 100; n += 1) open();
process.stdin.resume().on('end', () => process.exit(0));
`;

/** Sockets that are open. */
export interface IdleSockets {
  /** Has the server closed one of them? */
  readonly isAnyClosed: () => boolean;
  close(): Promise<void>;
}

/** Most files that a process may open here; what a system does not tell counts as few. */
export function mostOpenFiles(): number {
  try {
    const [, most] =
      /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
  } catch {
    return 1_024;
  }
}

/** Opens so many. */
export async function idleSockets(port: number, count: number): Promise<IdleSockets> {
  const child = spawn(process.execPath, ['-e', program, String(port), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const isOpen = once(child.stdout, 'data').then(() => true);
  if (!(await Promise.race([isOpen, ended.then(() => false)])))
    throw new Error(`the server does not take ${count} sockets`);
  return {
    isAnyClosed: () => child.exitCode !== null,
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
