// An HTTPS server that answers every request with the same Deployment: what a client costs shows against it, and not
// against an API server that is busy with etcd. A process of its own; certificate and body come by standard input.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const { certificate, key, body } = JSON.parse(await text(process.stdin)) as {
  readonly certificate: string;
  readonly key: string;
  readonly body: string;
};
const answer = Buffer.from(body);
const server = createServer({ cert: certificate, key }, (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  response.end(answer);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once('disconnect', () => process.exit());
