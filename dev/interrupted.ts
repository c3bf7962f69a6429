const keepAliveIntervalMs = 60_000;

/** Resolves at the first signal that asks the process to end; further ones change nothing, since the end is under way. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    // Neither the servers of a command nor a signal handler need keep its process alive; this timer does.
    const keepAlive = setInterval(() => undefined, keepAliveIntervalMs);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        clearInterval(keepAlive);
        resolve();
      });
    }
  });
}
