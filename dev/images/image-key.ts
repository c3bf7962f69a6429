// The key under which an archive is kept: a hash of everything that decides its bytes, so that what is there is right.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ImageEntry } from './image-entries.ts';
import type { ImagePlan } from './image-plan.ts';

/** Raised when the same input gives other bytes. */
const formatVersion = 1;
const keyLength = 16;

async function addEntry(hash: Hash, entry: ImageEntry): Promise<void> {
  if (entry.kind !== 'file') {
    hash.update(JSON.stringify(entry));
    return;
  }
  const { from, ...rest } = entry; // where a file lies here does not matter
  const content = createHash('sha256');
  await pipeline(createReadStream(from), content);
  hash.update(JSON.stringify({ ...rest, content: content.digest('hex') }));
}

/** Names, modes, owners, contents and settings of an image under these names, as 16 hex digits. */
export async function imageKey(
  { layers, config }: ImagePlan,
  names: readonly string[],
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([formatVersion, names, config]));
  for (const layer of layers) {
    hash.update('layer');
    for (const entry of layer.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
      await addEntry(hash, entry);
  }
  return hash.digest('hex').slice(0, keyLength);
}
