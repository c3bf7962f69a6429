// Headers of tar archives: ustar, and pax records where a name does not fit (POSIX.1-2017, pax, "ustar Interchange
// Format" and "pax Header Block"). Written here, since the tar library that npm has installed is a dependency of a
// dependency, and the system's tar takes owners from a staging folder, which only root can give away.

/** A tar archive consists of blocks of this many bytes. */
export const blockBytes = 512;

/** What one header says. Times are always 0. */
export interface TarMember {
  /** Relative, without a slash at its end. */
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Of a symbolic link. */
  readonly target?: string;
}

const typeFlags = { file: '0', symlink: '2', folder: '5' } as const;
const paxFlag = 'x';
/** Bytes of the fields for the name and for the target of a link. */
const nameBytes = 100;

type Field = 'name' | 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'target';

/** Offset and length of each field. */
const fields: Readonly<Record<Field, readonly [number, number]>> = {
  name: [0, nameBytes],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  target: [157, nameBytes],
};
const checksumAt = 148;
const typeAt = 156;
const magicAt = 257;

function octal(value: number, field: Field): string {
  const digits = fields[field][1] - 1;
  const text = value.toString(8).padStart(digits, '0');
  if (text.length > digits || value < 0)
    throw new Error(`${value} does not fit into the field "${field}" of a tar header`);
  return `${text}\0`;
}

function block(texts: Readonly<Record<Field, string>>, type: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  for (const [field, [offset, length]] of Object.entries(fields))
    header.write(texts[field as Field], offset, length, 'utf8');
  header.write(type, typeAt);
  header.write('ustar\x0000', magicAt);
  header.write(' '.repeat(8), checksumAt); // counts as spaces while it is computed
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, checksumAt);
  return header;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes;
  while (length !== restBytes + String(length).length) length = restBytes + String(length).length;
  return `${length}${rest}`;
}

const fits = (text: string): boolean =>
  Buffer.byteLength(text) <= nameBytes && /^[\x20-\x7e]*$/.test(text);

function paxHeader(records: string, texts: Readonly<Record<Field, string>>): Buffer {
  const body = Buffer.from(records);
  const size = octal(body.length, 'size');
  const header = block({ ...texts, name: 'pax-header', target: '', size }, paxFlag);
  return Buffer.concat([header, body, padding(body.length)]);
}

/** Zeros that complete the last block of a file. Pure. */
export function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/**
 * Header of one member; a file's bytes and its padding come after it. Pure.
 * @throws Error when a number is too large for its field: 8 GiB for a size, 2097151 for an owner
 */
export function tarHeader(member: TarMember): Buffer {
  const name = member.type === 'folder' ? `${member.name}/` : member.name;
  const target = member.target ?? '';
  const records = [
    ...(fits(name) ? [] : [paxRecord('path', name)]),
    ...(fits(target) ? [] : [paxRecord('linkpath', target)]),
  ].join('');
  const texts = {
    name,
    target,
    mode: octal(member.mode, 'mode'),
    uid: octal(member.uid, 'uid'),
    gid: octal(member.gid, 'gid'),
    size: octal(member.sizeBytes, 'size'),
    mtime: octal(0, 'mtime'),
  };
  const header = block(texts, typeFlags[member.type]);
  return records === '' ? header : Buffer.concat([paxHeader(records, texts), header]);
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * blockBytes);
}
