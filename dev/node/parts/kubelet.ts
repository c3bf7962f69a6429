import type { NodeLayout } from '../node-layout.ts';
import { nodeName, nodeNetwork } from '../node-layout.ts';
import type { NodePki } from '../node-pki.ts';

/** What the kubelet's configuration depends on. */
export interface KubeletFacts {
  readonly layout: NodeLayout;
  readonly pki: NodePki;
  readonly cgroupName: string;
  readonly cgroupVersion: 1 | 2;
}

/** The kubelet's flags. Pure. */
export function kubeletFlags(layout: NodeLayout): string[] {
  return [
    `--config=${layout.kubeletConfig}`,
    `--kubeconfig=${layout.kubeconfig('kubelet')}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeNetwork.nodeAddress}`,
    `--root-dir=${layout.kubeletRoot}`,
    `--cert-dir=${layout.kubeletRoot}/pki`,
    '--node-labels=topology.kubernetes.io/region=local,topology.kubernetes.io/zone=zone-a',
  ];
}

/** Its configuration (https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/), as JSON. Pure. */
export function kubeletConfig({ layout, pki, cgroupName, cgroupVersion }: KubeletFacts): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...cgroupSettings(cgroupName, cgroupVersion),
    ...serverSettings(pki),
    ...storageSettings(layout),
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    clusterDNS: [nodeNetwork.dnsService],
    clusterDomain: nodeNetwork.clusterDomain,
    resolvConf: layout.resolvConf,
    // Both need CAP_SYS_RESOURCE, which root has not everywhere; 0 and the present limit need nothing.
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    failSwapOn: false,
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
    // Images come by import only; many pods start at once in a test.
    registryPullQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
  });
}

function cgroupSettings(name: string, version: 1 | 2): object {
  return {
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${name}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ['pods'],
    ...(version === 1 && { failCgroupV1: false }), // refused by default since Kubernetes 1.35
  };
}

function serverSettings(pki: NodePki): object {
  return {
    address: nodeNetwork.nodeAddress,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki.authority },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pki.kubeletServer.certificate,
    tlsPrivateKeyFile: pki.kubeletServer.key,
  };
}

/** The disk is the host's: a node that evicts pods because somebody else's files fill it helps nobody. */
function storageSettings(layout: NodeLayout): object {
  return {
    volumePluginDir: `${layout.kubeletRoot}/volume-plugins`,
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
  };
}
