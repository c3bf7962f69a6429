// The operator process: reads its settings, starts, and stops in good order on SIGTERM or SIGINT. The only place that
// ends the process.
import { startOperator } from './app.ts';
import { ConfigError, helpText, parseConfig } from './config.ts';
import { createLogger } from './log.ts';
import { defaultSettings } from './runtime/settings.ts';

/** Exit code for a setting that cannot be used, as sysexits.h has it for a usage error. */
const exitUsage = 64;

async function run(): Promise<void> {
  const config = parseConfig(process.argv.slice(2), process.env);
  if (config === 'help') {
    process.stdout.write(helpText());
    return;
  }
  const log = createLogger(config.logLevel);
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'a promise failed that nobody waited for');
    process.exit(1);
  });
  const operator = await startOperator({ config, log, settings: defaultSettings });
  const stop = (signal: NodeJS.Signals): void => {
    process.once(signal, () => process.exit(1));
    log.info({ signal }, 'stopping; a second signal ends the process at once');
    void operator.stop().then((isDrained) => process.exit(isDrained ? 0 : 1));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  await run();
} catch (error) {
  const isUsage = error instanceof ConfigError;
  process.stderr.write(`operator: ${(error as Error).message}\n`);
  process.exit(isUsage ? exitUsage : 1);
}
