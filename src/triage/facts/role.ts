import type { DaemonSet } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'

/**
 * What a DaemonSet does for its nodes. Other pods on the node depend on `network`, `storage` and
 * `device` pods; a `node-agent` serves every pod there (logs, metrics, security); `other`: no
 * evidence of either.
 */
export interface Role {
  readonly kind: 'network' | 'storage' | 'device' | 'node-agent' | 'other'
  /** Follows "it", e.g. "mounts `/var/log` from the node". Empty for `other`. */
  readonly evidence: Words
}

/** Infers the role from host paths, name, host network and priority class. */
export function roleOf(daemonSet: DaemonSet): Role {
  const paths = hostPaths(daemonSet)
  for (const { kind, path, name } of NODE_INFRASTRUCTURE) {
    const mounted = paths.find((hostPath) => path.test(hostPath))
    if (mounted) return { kind, evidence: words`mounts ${code(mounted)}` }
    if (name.test(daemonSet.metadata.name))
      return { kind, evidence: words`is ${TITLES[kind]}, judging by its name` }
  }
  const evidence = agentEvidence(daemonSet, paths)
  return evidence ? { kind: 'node-agent', evidence } : { kind: 'other', evidence: [] }
}

/**
 * Whether other pods on the node fail without this one (network, volumes, devices). Its pods are
 * never offered for deletion.
 */
export function isNodeInfrastructure({ kind }: Role): boolean {
  return kind === 'network' || kind === 'storage' || kind === 'device'
}

/** Whether other pods on a node may need this DaemonSet there. */
export function servesNode({ kind }: Role): boolean {
  return kind !== 'other'
}

/**
 * Whether it makes a node Ready or must keep running when the node fails. Only then is tolerating a
 * node failure right.
 */
export function worksOnFailedNodes(daemonSet: DaemonSet, { kind }: Role): boolean {
  return kind === 'network' || kind === 'storage' || NODE_HEALTH.test(daemonSet.metadata.name)
}

/** "a network plugin", "a storage driver", …, "a DaemonSet" for `other`. */
export function roleTitle({ kind }: Role): string {
  return kind === 'node-agent' ? 'a node agent' : kind === 'other' ? 'a DaemonSet' : TITLES[kind]
}

const TITLES = {
  network: 'a network plugin',
  storage: 'a storage driver',
  device: 'a device plugin',
} as const

const NODE_INFRASTRUCTURE = [
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

const NODE_HEALTH = /node-problem-detector|(^|-)npd($|-)|node-healthcheck|self-node-remediation/

const NODE_AGENTS =
  /datadog|fluent-?bit|fluentd|promtail|alloy|filebeat|metricbeat|vector|logstash|node-exporter|telegraf|otel|opentelemetry|collectd|falco|sysdig|wazuh|crowdstrike|falcon|aqua|twistlock|newrelic|dynatrace|oneagent|splunk|sumologic|cadvisor|node-agent|kured|node-problem-detector|node-feature-discovery|dcgm-exporter|tetragon|pixie|parca|pyroscope|beyla|cloudwatch|ama-logs|gke-metadata|kube2iam|kiam|chrony|speaker/

function agentEvidence({ metadata, spec }: DaemonSet, paths: readonly string[]): Words | undefined {
  const pod = spec.template.spec
  const path = paths[0]
  if (path) return words`mounts ${code(path)} from the node`
  if (pod?.hostNetwork) return ['uses the host network']
  const priority = pod?.priorityClassName ?? ''
  if (/^system-(node|cluster)-critical$/.test(priority))
    return words`has priority class ${code(priority)}`
  return NODE_AGENTS.test(metadata.name) ? ['is a node agent, judging by its name'] : undefined
}

function hostPaths(daemonSet: DaemonSet): readonly string[] {
  return (daemonSet.spec.template.spec?.volumes ?? []).flatMap(({ hostPath }) =>
    hostPath?.path ? [hostPath.path] : [],
  )
}
