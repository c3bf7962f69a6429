import { spawn } from 'node:child_process';
import type { CommandResult } from './cluster.ts';

const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;

/** What to run, with what on standard input, and for how long at most. */
export interface CommandSpecification {
  readonly file: string;
  readonly args: readonly string[];
  readonly input?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** User and group to run as; those of this process when absent. */
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs: number;
}

/** Runs a command to its end. A failure to start, a timeout or too much output gives code -1. */
export function runCommand(specification: CommandSpecification): Promise<CommandResult> {
  const { file, args, input, timeoutMs, env = process.env, ...place } = specification;
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...place, env, stdio: 'pipe' });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let sizeBytes = 0;
    let failure = '';
    const abandon = (reason: string): void => {
      failure ||= `${file} ${args[0] ?? ''}: ${reason}`;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => abandon(`no end within ${timeoutMs} ms`), timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > OUTPUT_LIMIT_BYTES) abandon('too much output');
        else output[stream].push(chunk);
      });
    }
    child.stdin.on('error', () => undefined); // the command may end without reading its input
    child.stdin.end(input);
    child.on('error', (error) => abandon(error.message));
    child.on('close', (code) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(output.stdout).toString('utf8');
      const stderr = Buffer.concat(output.stderr).toString('utf8') + failure;
      resolve({ stdout, stderr, code: failure === '' ? (code ?? -1) : -1 });
    });
  });
}
