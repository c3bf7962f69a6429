import { existsSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { kernelModules } from './node-obstacle.ts';

const bridgeSwitches = '/proc/sys/net/bridge';

/**
 * Loads what is a module here. br_netfilter begins to pass the packets of every bridge on the host through iptables
 * when it is loaded; that is turned off again, so the host's bridges go on as before. The node's network has its own
 * switch (net.bridge.* is kept for each network namespace since Linux 5.3).
 */
export function loadKernelModules(): void {
  for (const { name, isThere } of kernelModules) {
    if (isThere()) continue;
    spawnSync('modprobe', ['--quiet', name]);
    if (name === 'br_netfilter' && existsSync(bridgeSwitches)) passBridgedPackets();
  }
}

function passBridgedPackets(): void {
  for (const table of ['arptables', 'ip6tables', 'iptables']) {
    writeFileSync(join(bridgeSwitches, `bridge-nf-call-${table}`), '0');
  }
}
