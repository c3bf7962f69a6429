// A load generator on raw sockets. It parses as little as it must, so that it needs a fraction of what the server needs;
// in open loop it counts time from when a request was due, not from when it could be sent, so a server that stalls cannot
// hide the requests that had to wait (coordinated omission).
import { connect, isIP, type Socket } from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { connect as connectTls } from 'node:tls';
import { lookup } from './loopback-names.ts';

/** What is sent. */
export interface Load {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Default false. The certificate is not looked at: that is what the smoke test does. */
  readonly isTls?: boolean;
  /** `{n}` becomes another number in each request, from 1 on. */
  readonly path: string;
  /** The greatest `{n}`, after which 1 follows; without, there is none. */
  readonly greatestNumber?: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, whatever the server does; without, each connection sends the next when it has its answer. */
  readonly rate?: number;
}

/** What came back. Times are milliseconds. */
export interface LoadResult {
  readonly seconds: number;
  /** Answers by status; `0` counts failures of the connection. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const headEnd = Buffer.from('\r\n\r\n');
const lengthName = Buffer.from('ength: ');
const closeHeader = Buffer.from('onnection: close');
const chunkedHeader = Buffer.from('ncoding: chunked');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');
const zero = 48;
const nine = 57;
const microsecondsPerMs = 1_000;

/**
 * Are the headers those of an answer in chunks (RFC 9112 section 7.1)? Go's proxies make one of a compressed answer that
 * they unpack.
 */
function isChunked(data: Buffer, end: number): boolean {
  const at = data.indexOf(chunkedHeader);
  return at !== -1 && at < end;
}

/** The next answer comes after the next request, so nothing follows the last chunk. */
function hasLastChunk(data: Buffer): boolean {
  return data.subarray(-lastChunk.length).equals(lastChunk);
}

/** Whole answer at the start of `data`? */
function answerIn(data: Buffer): { status: number; size: number; isLast: boolean } | undefined {
  const end = data.indexOf(headEnd);
  if (end === -1) return undefined;
  let at = data.indexOf(lengthName);
  let length = 0;
  if (at !== -1 && at < end) {
    for (at += lengthName.length; (data[at] ?? 0) >= zero && (data[at] ?? 0) <= nine; at += 1) {
      length = length * 10 + (data[at] ?? zero) - zero;
    }
  }
  if (length === 0 && isChunked(data, end) && !hasLastChunk(data)) return undefined;
  const size = end + headEnd.length + length;
  if (data.length < size) return undefined;
  const [a = zero, b = zero, c = zero] = data.subarray(9, 12);
  const close = data.indexOf(closeHeader);
  const status = (a - zero) * 100 + (b - zero) * 10 + c - zero;
  return { status, size, isLast: close !== -1 && close < end };
}

class Connection {
  readonly #run: Run;
  #socket: Socket;
  #pending: Buffer | undefined;
  #dueAt = 0;
  #isLost = false;
  isFree = true;

  constructor(run: Run) {
    this.#run = run;
    this.#socket = this.#open();
  }

  send(request: string, dueAt: number): void {
    if (this.#isLost) this.#reopen();
    this.isFree = false;
    this.#dueAt = dueAt;
    this.#socket.write(request, 'latin1');
  }

  destroy(): void {
    this.isFree = true;
    this.#socket
      .removeAllListeners()
      .on('error', () => undefined)
      .destroy();
  }

  #open(): Socket {
    const { load, host } = this.#run;
    const where = { port: load.port, host, lookup, noDelay: true };
    const socket =
      load.isTls === true
        ? connectTls({
            ...where,
            servername: isIP(host) === 0 ? host : '',
            rejectUnauthorized: false,
          })
        : connect(where);
    socket.on('data', (data: Buffer) => this.#receive(data));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lost());
    return socket;
  }

  #reopen(): void {
    this.#socket
      .removeAllListeners()
      .on('error', () => undefined)
      .destroy();
    this.#pending = undefined;
    this.#isLost = false;
    this.#socket = this.#open();
  }

  #lost(): void {
    this.#isLost = true; // opened again when there is something to send, so a refusal is no endless loop
    if (this.isFree) return;
    this.isFree = true;
    this.#run.answered(this, 0, this.#dueAt);
  }

  #receive(part: Buffer): void {
    const data = this.#pending === undefined ? part : Buffer.concat([this.#pending, part]);
    const answer = answerIn(data);
    if (answer === undefined) {
      this.#pending = data;
      return;
    }
    this.#pending = undefined;
    if (answer.isLast) this.#reopen();
    this.isFree = true;
    this.#run.answered(this, answer.status, this.#dueAt);
  }
}

class Run {
  readonly load: Load;
  readonly statuses: Record<string, number> = {};
  readonly histogram: RecordableHistogram = createHistogram();
  readonly #connections: Connection[];
  readonly #free: Connection[] = [];
  /** Times at which requests were due that found no free connection. */
  readonly #late: number[] = [];
  #lateFrom = 0;
  #counter = 0;
  #isOver = false;

  constructor(load: Load, firstNumber: number) {
    this.load = load;
    this.#counter = firstNumber;
    this.#connections = Array.from({ length: load.connections }, () => new Connection(this));
  }

  get host(): string {
    return this.load.host ?? '127.0.0.1';
  }

  get counter(): number {
    return this.#counter;
  }

  async run(): Promise<LoadResult> {
    const startedAt = performance.now();
    if (this.load.rate === undefined) for (const one of this.#connections) this.#next(one);
    else this.#pace(startedAt, this.load.rate);
    await new Promise((resolve) => setTimeout(resolve, this.load.seconds * 1_000));
    this.#isOver = true;
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const one of this.#connections) one.destroy();
    const ms = (share: number): number => this.histogram.percentile(share) / microsecondsPerMs;
    return { seconds, statuses: this.statuses, p50: ms(50), p95: ms(95), p99: ms(99) };
  }

  answered(connection: Connection, status: number, dueAt: number): void {
    if (this.#isOver) return;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    const microseconds = Math.round((performance.now() - dueAt) * microsecondsPerMs);
    if (status === 200) this.histogram.record(Math.max(1, microseconds));
    if (this.load.rate === undefined) {
      // A refused connection must not be tried again in a tight loop.
      if (status === 0) setTimeout(() => this.#next(connection), 10);
      else this.#next(connection);
      return;
    }
    const due = this.#late[this.#lateFrom];
    if (due === undefined) this.#free.push(connection);
    else {
      this.#lateFrom += 1;
      connection.send(this.#request(), due);
    }
  }

  #next(connection: Connection): void {
    if (!this.#isOver) connection.send(this.#request(), performance.now());
  }

  #pace(startedAt: number, rate: number): void {
    this.#free.push(...this.#connections);
    let sent = 0;
    const tick = (): void => {
      if (this.#isOver) return;
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * rate);
      for (; sent < due; sent += 1) {
        const dueAt = startedAt + (sent / rate) * 1_000;
        const connection = this.#free.pop();
        if (connection === undefined) this.#late.push(dueAt);
        else connection.send(this.#request(), dueAt);
      }
      setTimeout(tick, 1);
    };
    tick();
  }

  #request(): string {
    this.#counter = (this.#counter % (this.load.greatestNumber ?? Number.MAX_SAFE_INTEGER)) + 1;
    const path = this.load.path.replace('{n}', String(this.#counter));
    return `GET ${path} HTTP/1.1\r\nHost: ${this.host}\r\nAccept: application/json\r\n\r\n`;
  }
}

/** Sends one load after the other; numbers in paths never come twice. */
export function loadClient(): (load: Load) => Promise<LoadResult> {
  let counter = 0;
  return async (load) => {
    const run = new Run(load, counter);
    const result = await run.run();
    counter = run.counter;
    return result;
  };
}
