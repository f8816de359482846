import type { DaemonSet } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'

/**
 * What a DaemonSet does for its nodes. `network`, `storage` and `device` pods are what other pods on the node live on;
 * a `node-agent` serves every pod there (logs, metrics, security); `other`: nothing says that it does.
 */
export interface Role {
  readonly kind: 'network' | 'storage' | 'device' | 'node-agent' | 'other'
  /** What shows it, after "It" (or "since it"). Empty for `other`. */
  readonly sign: Words
}

/** Tells what a DaemonSet serves, from its host paths, names, network and priority class. */
export function roleOf(daemonSet: DaemonSet): Role {
  const paths = hostPaths(daemonSet)
  for (const { kind, path, name } of PILLARS) {
    const mounted = paths.find((hostPath) => path.test(hostPath))
    if (mounted) return { kind, sign: words`mounts ${code(mounted)}` }
    if (name.test(daemonSet.metadata.name))
      return { kind, sign: words`is ${TITLES[kind]} by its name` }
  }
  const sign = agentSign(daemonSet, paths)
  return sign ? { kind: 'node-agent', sign } : { kind: 'other', sign: [] }
}

/** Whether pods on the node break when this one goes: network, volumes and devices are never offered for deletion. */
export function isNodeInfrastructure({ kind }: Role): boolean {
  return kind === 'network' || kind === 'storage' || kind === 'device'
}

/** Whether pods that are still on a node need this DaemonSet there. */
export function servesNode({ kind }: Role): boolean {
  return kind !== 'other'
}

/** Whether it makes a node ready or must outlive its failure: the only ones for which tolerating a sick node is right. */
export function worksOnSickNodes(daemonSet: DaemonSet, { kind }: Role): boolean {
  return kind === 'network' || kind === 'storage' || NODE_DOCTORS.test(daemonSet.metadata.name)
}

/** "a network plug-in", "a volume driver", … */
export function roleTitle({ kind }: Role): string {
  return kind === 'node-agent' ? 'a node agent' : kind === 'other' ? 'a DaemonSet' : TITLES[kind]
}

const TITLES = {
  network: 'a network plug-in',
  storage: 'a volume driver',
  device: 'a device plug-in',
} as const

const PILLARS = [
  {
    kind: 'storage',
    path: /\/kubelet\/plugins(_registry)?(\/|$)/,
    name: /(^|-)csi(-|$)|csi-?node|nodeplugin|^longhorn-manager$|^engine-image-|^portworx/,
  },
  {
    kind: 'device',
    path: /\/kubelet\/device-plugins(\/|$)/,
    name: /device-plugin|^nvidia-container-toolkit|^sgx-plugin$/,
  },
  {
    kind: 'network',
    path: /\/etc\/cni\/net\.d(\/|$)|\/cni\/bin(\/|$)/,
    name: /^(calico-node|canal|cilium|cilium-envoy|aws-node|kindnet|kube-flannel(-ds)?|weave-net|kube-router|antrea-agent|azure-cni.*|azure-cns|kube-ovn-(cni|pinger)|ovs-ovn|ovnkube-node|multus.*|kube-multus-ds.*|whereabouts.*|istio-cni(-node)?|kube-proxy.*|node-local-dns|nodelocaldns|anetd|netd|antrea-.*|egressgateway-agent)$/,
  },
] as const satisfies readonly { kind: keyof typeof TITLES; path: RegExp; name: RegExp }[]

const NODE_DOCTORS = /node-problem-detector|(^|-)npd($|-)|node-healthcheck|self-node-remediation/

const AGENTS =
  /datadog|fluent-?bit|fluentd|promtail|alloy|filebeat|metricbeat|vector|logstash|node-exporter|telegraf|otel|opentelemetry|collectd|falco|sysdig|wazuh|crowdstrike|falcon|aqua|twistlock|newrelic|dynatrace|oneagent|splunk|sumologic|cadvisor|node-agent|kured|node-problem-detector|node-feature-discovery|dcgm-exporter|tetragon|pixie|parca|pyroscope|beyla|cloudwatch|ama-logs|gke-metadata|kube2iam|kiam|chrony|speaker/

function agentSign({ metadata, spec }: DaemonSet, paths: readonly string[]): Words | undefined {
  const pod = spec.template.spec
  const path = paths[0]
  if (path) return words`mounts ${code(path)} of the node`
  if (pod?.hostNetwork) return words`uses the network of the node`
  const priority = pod?.priorityClassName ?? ''
  if (/^system-(node|cluster)-critical$/.test(priority))
    return words`has priority class ${code(priority)}`
  return AGENTS.test(metadata.name) ? words`is a node agent by its name` : undefined
}

function hostPaths(daemonSet: DaemonSet): readonly string[] {
  return (daemonSet.spec.template.spec?.volumes ?? []).flatMap(({ hostPath }) =>
    hostPath?.path ? [hostPath.path] : [],
  )
}
