// Preloaded by bootstrap.mjs: when the parent is gone, however it went, ask this process to end too.
// SIGTERM, not exit: programs stop their clusters in order.

process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref(); // must not keep a finished program alive
