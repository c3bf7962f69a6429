// The process of one server: `server-worker.ts NAME DATABASE_URL BODY`.
import { type ContenderName, startContender } from './contenders.ts';
import { answerParent } from './worker-messages.ts';

/** What a server has used so far. */
export interface ServerUsage {
  readonly statements: number;
  readonly cpuMicroseconds: number;
}

const [name, url = '', body = ''] = process.argv.slice(2);
const contender = await startContender(name as ContenderName, url, body);
answerParent(() => {
  const { user, system } = process.cpuUsage();
  const usage: ServerUsage = { statements: contender.statements(), cpuMicroseconds: user + system };
  return Promise.resolve(usage);
});
process.on('SIGTERM', () => void contender.stop().finally(() => process.exit(0)));
process.send?.(contender.port);
