// What every image holds besides its program: users, folders, certificate authorities.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageEntry } from './image-entries.ts';

/** A user of an image, and a group of the same name and number. */
export interface ImageUser {
  readonly name: string;
  readonly id: number;
  readonly home: string;
}

const root: ImageUser = { name: 'root', id: 0, home: '/root' };

/** Writable for everybody, with the sticky bit. */
export const sharedFolderMode = 0o1777;

/** Users, /tmp and the folders on which a runtime mounts the kernel's file systems. Pure. */
export function baseFiles(user: ImageUser): readonly ImageEntry[] {
  const users = [root, user];
  const passwd = users.map(
    ({ name, id, home }) => `${name}:x:${id}:${id}:${name}:${home}:/bin/sh\n`,
  );
  const group = users.map(({ name, id }) => `${name}:x:${id}:\n`);
  return [
    { kind: 'text', path: '/etc/passwd', mode: 0o644, text: passwd.join('') },
    { kind: 'text', path: '/etc/group', mode: 0o644, text: group.join('') },
    // Names come from the files above and from DNS, addresses of this machine from /etc/hosts.
    {
      kind: 'text',
      path: '/etc/nsswitch.conf',
      mode: 0o644,
      text: 'passwd: files\ngroup: files\nhosts: files dns\n',
    },
    { kind: 'folder', path: '/tmp', mode: sharedFolderMode },
    ...['/proc', '/sys', '/dev', '/root'].map(
      (path): ImageEntry => ({ kind: 'folder', path, mode: 0o755 }),
    ),
  ];
}

/** The certificate authorities of the package ca-certificates in one file, as its installation would write it. */
export function certificateAuthorities(debian: string): ImageEntry {
  const folder = join(debian, 'usr/share/ca-certificates/mozilla');
  const files = readdirSync(folder).toSorted();
  return {
    kind: 'text',
    path: '/etc/ssl/certs/ca-certificates.crt',
    mode: 0o644,
    text: files.map((name) => readFileSync(join(folder, name), 'utf8')).join(''),
  };
}
