import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import type { DaemonSet, Toleration } from '../src/kubernetes/objects.ts'
import { lastingFix } from '../src/ownership/lasting-fix.ts'
import OPERATOR_CRS from '../src/ownership/operator-crs.json' with { type: 'json' }
import { ownerOf } from '../src/ownership/ownership.ts'

/** A DaemonSet as its operator makes it, and the place that the operator's documentation names. */
interface Case {
  readonly operator: string
  /** The DaemonSet. */
  readonly name: string
  readonly namespace?: string
  /** apiVersion, kind and name of the owner; undefined: no ownerReference. */
  readonly owner?: readonly [string, string, string]
  readonly labels?: Readonly<Record<string, string>>
  readonly fix: string
  /** Undefined: the snippet is no custom resource. */
  readonly path?: string
  /** false: the snippet says that nobody compared the path with the resource. */
  readonly verified: boolean
}

const CASES: readonly Case[] = [
  {
    operator: 'datadog-operator',
    name: 'datadog-agent',
    owner: ['datadoghq.com/v2alpha1', 'DatadogAgent', 'datadog'],
    fix: 'Change DatadogAgent datadog, at spec.override.nodeAgent.tolerations.',
    path: 'spec.override.nodeAgent.tolerations',
    verified: true,
  },
  {
    operator: 'datadog-operator',
    name: 'prod-agent',
    labels: { 'app.kubernetes.io/managed-by': 'datadog-operator' },
    fix: 'Change datadog-operator, at spec.override.nodeAgent.tolerations.',
    verified: true,
  },
  {
    operator: 'tigera-operator',
    name: 'calico-node',
    namespace: 'calico-system',
    owner: ['operator.tigera.io/v1', 'Installation', 'default'],
    fix: 'Change Installation default, at spec.calicoNodeDaemonSet.spec.template.spec.tolerations.',
    path: 'spec.calicoNodeDaemonSet.spec.template.spec.tolerations',
    verified: true,
  },
  {
    operator: 'tigera-operator',
    name: 'calico-node-windows',
    namespace: 'calico-system',
    owner: ['operator.tigera.io/v1', 'Installation', 'default'],
    fix: 'Change Installation default, at spec.calicoNodeWindowsDaemonSet.spec.template.spec.tolerations.',
    path: 'spec.calicoNodeWindowsDaemonSet.spec.template.spec.tolerations',
    verified: false,
  },
  ...['nvidia-dcgm-exporter', 'nvidia-driver-daemonset-5.14', 'gpu-feature-discovery'].map(
    (name): Case => ({
      operator: 'gpu-operator',
      name,
      owner: ['nvidia.com/v1', 'ClusterPolicy', 'cluster-policy'],
      fix: 'Change ClusterPolicy cluster-policy, at spec.daemonsets.tolerations.',
      path: 'spec.daemonsets.tolerations',
      verified: true,
    }),
  ),
  {
    operator: 'longhorn-manager',
    name: 'engine-image-ei-3154f3aa',
    owner: ['longhorn.io/v1beta2', 'EngineImage', 'ei-3154f3aa'],
    fix: 'Change the Longhorn setting taint-toleration (Helm value defaultSettings.taintToleration).',
    verified: true,
  },
  {
    operator: 'longhorn-manager',
    name: 'longhorn-csi-plugin',
    labels: { 'longhorn.io/managed-by': 'longhorn-manager' },
    fix: 'Change the Longhorn setting taint-toleration (Helm value defaultSettings.taintToleration).',
    verified: true,
  },
  ...(
    [
      ['csi-rbdplugin', 'apps/v1', 'Deployment', 'rook-ceph-operator'],
      ['csi-cephfsplugin', 'apps/v1', 'Deployment', 'rook-ceph-operator'],
      ['rook-ceph.rbd.csi.ceph.com-nodeplugin', 'csi.ceph.io/v1', 'Driver', 'rook-ceph.rbd'],
    ] as const
  ).map(
    ([name, ...owner]): Case => ({
      operator: 'rook-ceph-operator',
      name,
      owner,
      fix: 'Change ConfigMap rook-ceph-operator-config, key CSI_PLUGIN_TOLERATIONS (newer Rook: the Driver resource of ceph-csi-operator).',
      verified: true,
    }),
  ),
  {
    operator: 'dynatrace-operator',
    name: 'dynakube-oneagent',
    owner: ['dynatrace.com/v1beta5', 'DynaKube', 'dynakube'],
    fix: 'Change DynaKube dynakube, at spec.oneAgent.<mode>.tolerations.',
    path: 'spec.oneAgent.<mode>.tolerations',
    verified: false,
  },
  {
    operator: 'cluster-dns-operator',
    name: 'dns-default',
    namespace: 'openshift-dns',
    owner: ['operator.openshift.io/v1', 'DNS', 'default'],
    fix: 'Change DNS default, at spec.nodePlacement.tolerations.',
    path: 'spec.nodePlacement.tolerations',
    verified: false,
  },
  {
    operator: 'ECK',
    name: 'logs-beat-filebeat',
    owner: ['beat.k8s.elastic.co/v1beta1', 'Beat', 'logs'],
    fix: 'Change Beat logs, at spec.daemonSet.podTemplate.spec.tolerations.',
    path: 'spec.daemonSet.podTemplate.spec.tolerations',
    verified: false,
  },
  {
    operator: 'ECK',
    name: 'fleet-agent',
    owner: ['agent.k8s.elastic.co/v1alpha1', 'Agent', 'fleet'],
    fix: 'Change Agent fleet, at spec.daemonSet.podTemplate.spec.tolerations.',
    path: 'spec.daemonSet.podTemplate.spec.tolerations',
    verified: false,
  },
  {
    operator: 'opentelemetry-operator',
    name: 'node-collector',
    owner: ['opentelemetry.io/v1beta1', 'OpenTelemetryCollector', 'node'],
    fix: 'Change OpenTelemetryCollector node, at spec.tolerations.',
    path: 'spec.tolerations',
    verified: false,
  },
  {
    operator: 'KubeVirt',
    name: 'virt-handler',
    owner: ['kubevirt.io/v1', 'KubeVirt', 'kubevirt'],
    fix: 'Change KubeVirt kubevirt, at spec.workloads.nodePlacement.tolerations.',
    path: 'spec.workloads.nodePlacement.tolerations',
    verified: false,
  },
  {
    operator: 'falcon-operator',
    name: 'falcon-node-sensor',
    owner: ['falcon.crowdstrike.com/v1alpha1', 'FalconNodeSensor', 'falcon-node-sensor'],
    fix: 'Change FalconNodeSensor falcon-node-sensor, at spec.node.tolerations.',
    path: 'spec.node.tolerations',
    verified: false,
  },
]

const ADDED: Toleration = { key: 'example.com/pool', operator: 'Exists', effect: 'NoSchedule' }

function daemonSetOf({ name, namespace = 'agents', owner, labels = {} }: Case): DaemonSet {
  const [apiVersion, kind, ownerName = ''] = owner ?? []
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion, kind: kind ?? '', name: ownerName, controller: true }]
  return {
    metadata: { name, namespace, managedFields: [], labels, ownerReferences },
    spec: { selector: {}, template: { spec: {} } },
  }
}

describe('the custom resource of an operator', () => {
  it.each(CASES.map((one) => [`${one.operator}, ${one.name}`, one] as const))('%s', (_, one) => {
    const daemonSet = daemonSetOf(one)
    const owner = ownerOf(daemonSet)
    expect(owner).toMatchObject({ kind: 'operator', onPatch: 'reverts', fix: one.fix })
    const { snippet = '' } = lastingFix(owner, daemonSet, [ADDED])
    expect(snippet.startsWith('# this path is not verified')).toBe(!one.verified)
    if (one.path === undefined || one.owner === undefined) return
    const [apiVersion, kind, name] = one.owner
    const parsed = load(snippet) as Record<string, unknown>
    expect(parsed).toMatchObject({ apiVersion, kind, metadata: { name } })
    const found = one.path
      .split('.')
      .reduce((inner: unknown, key) => (inner as Record<string, unknown>)[key], parsed)
    expect(found).toEqual([ADDED])
  })

  it('is proved for every row of the table', () => {
    const proved = new Set(CASES.map(({ operator }) => operator))
    expect(OPERATOR_CRS.map(({ operator }) => operator).filter((one) => !proved.has(one))).toEqual(
      [],
    )
  })

  it('is the place to change, also if OLM installed the operator', () => {
    const labels = {
      'olm.owner': 'datadog-operator.v1.9.0',
      'olm.owner.kind': 'ClusterServiceVersion',
    }
    const [datadog] = CASES
    const owner = datadog && ownerOf(daemonSetOf({ ...datadog, labels }))
    expect(owner?.fix).toBe(datadog?.fix)
    expect(owner?.chain).toEqual(['operator DatadogAgent datadog', 'OLM datadog-operator.v1.9.0'])
  })

  it('is not taken from another group with a resource of the same kind', () => {
    const other: Case = {
      operator: 'none',
      name: 'my-agent',
      owner: ['example.com/v1', 'Agent', 'my'],
      fix: '',
      verified: false,
    }
    expect(ownerOf(daemonSetOf(other))).toMatchObject({
      kind: 'operator',
      fix: 'Change Agent my, in the field for tolerations.',
    })
  })

  it('is not calico-node of a manifest, which has the label but no operator', () => {
    const plain: Case = {
      operator: 'none',
      name: 'calico-node',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'calico-node' },
      fix: '',
      verified: false,
    }
    expect(ownerOf(daemonSetOf(plain)).kind).toBe('none')
  })
})
