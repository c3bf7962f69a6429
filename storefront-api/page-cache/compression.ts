// Compression happens in libuv's threads, never on the event loop; few at once, since password hashing needs the same
// threads. Levels were chosen by measuring a page of 7 kB: brotli 4 takes 108 us and gzip 6 126 us, and the next levels
// cost several times that for under a twentieth of the size.
import { promisify } from 'node:util';
import { type BrotliOptions, brotliCompress, constants, gzip, type ZlibOptions } from 'node:zlib';

/** Content codings that pages are kept in, the preferred one first (RFC 9110 section 8.4.1, RFC 7932). */
export const compressedEncodings = ['br', 'gzip'] as const;

/** One of them, or none. */
export type Encoding = (typeof compressedEncodings)[number] | 'identity';

/** Limits of compression. */
export const compressionLimits = {
  /** Compressions at once; libuv has four threads. */
  concurrency: 2,
  /** Beyond this many that wait, pages go out as they are. */
  waiting: 64,
  /** Smaller bodies fit one packet (an Ethernet frame less headers) with or without. */
  minBytes: 1_024,
} as const;

const gzipAsync: (body: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gzip);
const brotliAsync: (body: Buffer, options: BrotliOptions) => Promise<Buffer> =
  promisify(brotliCompress);

function compressed(encoding: Exclude<Encoding, 'identity'>, body: Buffer): Promise<Buffer> {
  if (encoding === 'gzip') return gzipAsync(body, { level: 6 });
  return brotliAsync(body, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: 4,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  });
}

/** Compresses in a bounded queue. */
export class Compressor {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** The compressed body; undefined when too many wait already. */
  async compress(
    encoding: Exclude<Encoding, 'identity'>,
    body: Buffer,
  ): Promise<Buffer | undefined> {
    if (this.#waiting.length >= compressionLimits.waiting) return undefined;
    if (this.#running >= compressionLimits.concurrency) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await compressed(encoding, body);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
