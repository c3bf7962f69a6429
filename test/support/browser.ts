// A real Chromium, driven through the pipe of its own debugging protocol (https://chromedevtools.github.io/devtools-protocol/):
// no port is opened and no library is needed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { realHost } from '../../dev/binaries/host-probes.ts';

/** Path of a Chromium on this machine. */
export function findChromium(): string | undefined {
  const { which } = realHost();
  return ['chromium', 'chromium-browser', 'google-chrome'].map(which).find((path) => path);
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

const patienceMs = 60_000;
const pollIntervalMs = 50;
/** More stops than any page here has. */
const maxTabs = 300;

/** Keys by name: code of Windows, and the text that a press types. */
const keys = { Tab: [9, ''], Enter: [13, '\r'], ArrowDown: [40, ''], Space: [32, ' '] } as const;

/** How a browser is started. */
export interface BrowserOptions {
  /** Words before its path, such as those of a network. */
  readonly entrance?: readonly string[];
  /** Further words behind its path. */
  readonly flags?: readonly string[];
}

/** One page of a browser. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #complaints: string[] = [];
  #lastId = 0;
  #session = '';
  #unread = '';

  private constructor(chromium: string, { entrance = [], flags = [] }: BrowserOptions) {
    this.#profile = mkdtempSync(join(tmpdir(), 'dhakacart-browser-'));
    const ownFlags =
      '--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars --lang=en-US';
    const args = [
      ...entrance,
      chromium,
      ...ownFlags.split(' '),
      ...flags,
      '--remote-debugging-pipe',
      `--user-data-dir=${this.#profile}`,
      'about:blank',
    ];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    this.#child = spawn('env', args, { stdio: [...stdio], detached: true });
    (this.#child.stdio[4] as Readable)
      .setEncoding('utf8')
      .on('data', (text: string) => this.#read(text));
  }

  /** Starts a browser. */
  static async start(chromium: string, options: BrowserOptions = {}): Promise<Browser> {
    const browser = new Browser(chromium, options);
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const attached = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(attached['sessionId']);
    for (const domain of ['Page', 'Runtime', 'Log']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** What the page's console and the browser complained about: exceptions, refused loads, broken policies. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  /** One command of the protocol. */
  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const session = this.#session === '' ? {} : { sessionId: this.#session };
    const answered = new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), patienceMs);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
    const text = JSON.stringify({ id, method, params, ...session });
    (this.#child.stdio[3] as Writable).write(`${text}\0`);
    const { result = {}, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Sets the window's size, then opens an address. */
  async open(url: string, [width, height]: readonly [number, number]): Promise<void> {
    const mobile = width < 600;
    const metrics = { width, height, deviceScaleFactor: 1, mobile };
    await this.send('Emulation.setDeviceMetricsOverride', metrics);
    await this.send('Page.navigate', { url });
  }

  /** Value of an expression in the page. */
  async value(expression: string): Promise<unknown> {
    const what = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', what);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while ((await this.value(expression)) !== true) {
      if (performance.now() > deadline) {
        const text = String(await this.value('document.body.innerText.slice(0, 2000)'));
        throw new Error(`never true: ${expression}; ${this.#complaints.join('; ')}; page: ${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  /** Presses a key. */
  async press(key: keyof typeof keys): Promise<void> {
    const [code, text] = keys[key];
    const what = { key: key === 'Space' ? ' ' : key, code: key, windowsVirtualKeyCode: code };
    const type = text === '' ? 'rawKeyDown' : 'keyDown';
    await this.send('Input.dispatchKeyEvent', { ...what, type, ...(text !== '' && { text }) });
    await this.send('Input.dispatchKeyEvent', { ...what, type: 'keyUp' });
  }

  /** Goes from stop to stop as somebody without a mouse does, until the focus is where a selector matches. */
  async tabTo(selector: string): Promise<void> {
    const isThere = `document.activeElement.matches(${JSON.stringify(selector)})`;
    for (let left = maxTabs; (await this.value(isThere)) !== true; left -= 1) {
      if (left === 0) throw new Error(`the key Tab never comes to ${selector}`);
      await this.press('Tab');
    }
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text });
  }

  /** The visible part of the page as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(String(data), 'base64');
  }

  /** Ends it and removes its profile. */
  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    const isRunning = this.#child.exitCode === null && this.#child.signalCode === null;
    if (isRunning) {
      process.kill(-(this.#child.pid ?? 0), 'SIGKILL'); // its own group, helpers included
      await ended;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #read(text: string): void {
    const messages = `${this.#unread}${text}`.split('\0');
    this.#unread = messages.pop() ?? '';
    for (const message of messages) this.#receive(JSON.parse(message) as Reply);
  }

  #receive(reply: Reply): void {
    if (reply.id !== undefined) {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    } else if (reply.method === 'Runtime.exceptionThrown') {
      this.#complaints.push(JSON.stringify(reply.params));
    } else if (reply.method === 'Log.entryAdded') {
      const entry = reply.params?.['entry'] as { readonly level: string; readonly text: string };
      if (entry.level === 'error') this.#complaints.push(entry.text);
    }
  }
}
