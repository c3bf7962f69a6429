// Where settings come from: variables and files. Every error names the variable and the remedy, and never the value of
// a secret.
import { readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

/** Hosts that are this machine: what goes there meets no network. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Environment variables and a way to read files; tests give their own. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/** The real ones. */
export function processSources(env: ConfigSources['env']): ConfigSources {
  return { env, readFile: (path) => readFileSync(path, 'utf8') };
}

/** Variable, or undefined when it is missing or empty. */
export function optional(sources: ConfigSources, name: string): string | undefined {
  return sources.env[name] || undefined;
}

/** Content of the file that a variable names; undefined when the variable is missing. */
export function fileOf(sources: ConfigSources, name: string): string | undefined {
  const path = optional(sources, name);
  if (path === undefined) return undefined;
  try {
    return sources.readFile(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new ConfigError(
      `${name}: ${path} cannot be read (${why}); mount the file or change the path`,
      {
        cause,
      },
    );
  }
}

/** Content of a file that must be there. */
export function requiredFile(sources: ConfigSources, name: string): string {
  const text = fileOf(sources, name);
  if (text === undefined) throw new ConfigError(`${name} is not set: give the path of the file`);
  return text;
}

/** A whole number within bounds. */
export function integer(
  sources: ConfigSources,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = optional(sources, name);
  const value = Number(text ?? fallback);
  if ((text !== undefined && !/^\d+$/.test(text)) || value < min || value > max) {
    throw new ConfigError(`${name}: "${text}" is not a whole number from ${min} to ${max}`);
  }
  return value;
}

/** One of some words. */
export function oneOf<Choice extends string>(
  sources: ConfigSources,
  name: string,
  { fallback, choices }: { readonly fallback: Choice; readonly choices: readonly Choice[] },
): Choice {
  const text = optional(sources, name) ?? fallback;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw new ConfigError(`${name}: "${text}" is not one of ${choices.join(', ')}`);
  }
  return choice;
}
