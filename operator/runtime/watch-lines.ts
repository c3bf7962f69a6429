// A watch is a stream of JSON documents, one per line:
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
import type { WatchEvent } from './api-client.ts';
import { connectionError, protocolError, type RequestName } from './request-error.ts';

/** Names for messages, and the bound on one line. */
export interface WatchLinesOptions {
  readonly name: RequestName;
  readonly maxLineBytes: number;
}

const newline = 0x0a;

/** Collects bytes until a line is whole. */
class LineBuffer {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes a chunk and returns the lines that it completes. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(Buffer.concat([...this.#pending, chunk.subarray(start, end)]).toString('utf8'));
      this.#pending = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    this.#pending.push(chunk.subarray(start));
    this.#pendingBytes += chunk.length - start;
    return lines.filter((line) => line.length > 0);
  }
}

function parseLine(line: string, name: RequestName): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent;
  } catch (cause) {
    throw protocolError(name, 'a line of the watch is not JSON', cause);
  }
}

/**
 * Cuts a byte stream into watch events. A line that the stream ends in the middle of is dropped: the server broke off.
 * @throws KubeError when the stream breaks, a line is no JSON, or a line exceeds its bound
 */
export async function* watchEvents(
  chunks: AsyncIterable<Uint8Array>,
  options: WatchLinesOptions,
): AsyncGenerator<WatchEvent> {
  const { name, maxLineBytes } = options;
  const buffer = new LineBuffer();
  try {
    for await (const chunk of chunks) {
      for (const line of buffer.push(chunk)) yield parseLine(line, name);
      if (buffer.pendingBytes > maxLineBytes) {
        throw protocolError(name, `a line of the watch is longer than ${maxLineBytes} bytes`);
      }
    }
  } catch (error) {
    throw connectionError(name, error);
  }
}
