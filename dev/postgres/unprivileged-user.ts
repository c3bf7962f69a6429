import { readFileSync } from 'node:fs';

/** A user and its group. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Users that may run the server in place of root, in the order of preference. */
const candidates = ['postgres', 'nobody'];

/** Finds a user in the text of a passwd file. Pure. */
export function userIn(passwd: string, names: readonly string[]): SystemUser | undefined {
  const lines = passwd.split('\n').map((line) => line.split(':'));
  for (const name of names) {
    const line = lines.find(([found]) => found === name);
    if (line !== undefined) return { uid: Number(line[2]), gid: Number(line[3]) };
  }
  return undefined;
}

/**
 * Who runs PostgreSQL, which refuses to run as root. Nobody is created: every system has one that will do.
 * @returns undefined when the present user will do
 * @throws Error when root has no other user at hand
 */
export function unprivilegedUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = userIn(readFileSync('/etc/passwd', 'utf8'), candidates);
  if (user !== undefined && user.uid !== 0) return user;
  throw new Error(
    `PostgreSQL refuses to run as root, and there is no user ${candidates.join(' or ')}: create one, or run as another user`,
  );
}
