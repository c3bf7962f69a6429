// The client of `nodekit doors` (dev/node/programs/nodekit/doors.go).

import { once } from 'node:events';
import { createConnection } from 'node:net';

const answerTimeoutMs = 10_000;

/** Where a door leads to: an IP address inside the node's network, and a TCP port. */
export interface DoorTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a door: connections to the host's 127.0.0.1 at the returned port lead to the target.
 * @param port the port on the host, default a free one
 * @throws Error when the port is taken or the target is not an IP address
 */
export async function openDoorThrough(
  ordersSocket: string,
  { host, port: targetPort }: DoorTarget,
  port = 0,
): Promise<number> {
  const target = host.includes(':') ? `[${host}]:${targetPort}` : `${host}:${targetPort}`;
  const answer = await order(ordersSocket, `open ${target} ${port}`);
  return Number(answer.replace(/^port /, ''));
}

/** Closes a door; connections through it go on. */
export async function closeDoorThrough(ordersSocket: string, port: number): Promise<void> {
  await order(ordersSocket, `close ${port}`);
}

async function order(ordersSocket: string, line: string): Promise<string> {
  const connection = createConnection(ordersSocket).setEncoding('utf8');
  connection.setTimeout(answerTimeoutMs, () => connection.destroy(new Error('no answer')));
  connection.end(`${line}\n`);
  let answer = '';
  connection.on('data', (text: string) => {
    answer += text;
  });
  await once(connection, 'close').catch((error: unknown) => {
    throw new Error(`the node's doors cannot be reached: ${(error as Error).message}`);
  });
  const text = answer.trim();
  if (text === '' || text.startsWith('error '))
    throw new Error(`door: ${text.slice('error '.length)}`);
  return text;
}
