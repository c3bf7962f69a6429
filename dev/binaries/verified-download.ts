import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

/** Long enough for a far server, short enough not to annoy anybody without a network. */
const answerTimeoutMs = 3_000;
const silenceTimeoutMs = 20_000;
const textLimitBytes = 4 * 1024 * 1024;

/** A download that cannot be had or must not be trusted. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

/**
 * A small text, such as a file of checksums.
 * @throws DownloadError when there is no answer within 3 seconds, or not the right one
 */
export async function downloadText(url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bodyOf(url)) {
    sizeBytes += chunk.length;
    if (sizeBytes > textLimitBytes) throw new DownloadError(`${url} is unexpectedly large`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Writes a file whose SHA-256 must be `sha256` (lower-case hex).
 * @throws DownloadError when it is another one; the file is to be thrown away then
 */
export async function downloadVerified(url: string, path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  const file = createWriteStream(path, { mode: 0o755 });
  try {
    for await (const chunk of bodyOf(url)) {
      hash.update(chunk);
      if (!file.write(chunk)) await once(file, 'drain');
    }
  } finally {
    file.end();
    await finished(file);
  }
  const actual = hash.digest('hex');
  if (actual !== sha256) {
    throw new DownloadError(`${url} has the SHA-256 ${actual}, published is ${sha256}: not used`);
  }
}

async function* bodyOf(url: string): AsyncGenerator<Buffer> {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), answerTimeoutMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) {
      throw new DownloadError(`${url} answers ${response.status}`);
    }
    for await (const chunk of response.body) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), silenceTimeoutMs);
      yield Buffer.from(chunk);
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const why = abort.signal.aborted ? 'does not answer in time' : 'cannot be reached';
    throw new DownloadError(`${new URL(url).host} ${why}`, { cause: error });
  } finally {
    clearTimeout(watchdog);
  }
}
