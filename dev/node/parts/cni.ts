import type { NodeLayout } from '../node-layout.ts';
import { nodeNetwork } from '../node-layout.ts';

/**
 * The pods' network: one bridge with an address for each pod. Without masquerading, since there is no way out, so
 * NetworkPolicy sees who really asks. https://www.cni.dev/plugins/current/main/bridge/. Pure.
 */
export function cniConfig({ podAddresses }: NodeLayout): string {
  const ipam = {
    type: 'host-local',
    dataDir: podAddresses,
    ranges: [[{ subnet: nodeNetwork.nodePodRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = {
    type: 'bridge',
    bridge: 'pods0',
    isGateway: true,
    hairpinMode: true, // a pod that calls its own Service comes back to itself
    ipam,
  };
  const ports = { type: 'portmap', capabilities: { portMappings: true } };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [bridge, ports] });
}
