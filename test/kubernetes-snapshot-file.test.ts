import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import {
  readSnapshotFile,
  SnapshotError,
  type SnapshotFileOptions,
  writeSnapshot,
} from '../src/kubernetes/snapshot/snapshot-file.ts'

function read(source: string, options: Partial<SnapshotFileOptions> = {}): Snapshot {
  return readSnapshotFile(source, { file: 'cluster.yaml', ...options })
}

function json(...items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

/** The error's message, or what was read. */
function refusal(source: string, options?: Partial<SnapshotFileOptions>): unknown {
  try {
    return read(source, options)
  } catch (error) {
    return error instanceof SnapshotError ? error.message : error
  }
}

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }
const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'datadog' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: { spec: {} } },
}
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent-1', namespace: 'datadog' },
  spec: { nodeName: 'n1' },
}

const yaml = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata:
    creationTimestamp: 2026-11-24T09:00:00Z
    labels:
      pool: "1"
    name: n1
    managedFields:
    - manager: kubectl-taint
      operation: Update
      time: "2026-11-24T10:00:00Z"
      fieldsV1:
        f:metadata:
          f:labels:
            .: {}
            f:pool: {}
        f:spec:
          f:taints: {}
        f:status:
          f:capacity: {}
  spec:
    taints:
    - effect: NoSchedule
      key: dedicated
      timeAdded: null
- apiVersion: apps/v1
  kind: DaemonSet
  metadata:
    name: agent
    namespace: datadog
  spec:
    selector:
      matchLabels:
        app: agent
    template:
      spec: {}
- apiVersion: v1
  kind: Service
  metadata:
    name: web
`

describe('a snapshot file', () => {
  it('is YAML from kubectl, with times as strings and null as absent', () => {
    expect(read(yaml)).toEqual({
      takenAt: '2026-11-24T10:00:00Z',
      daemonSets: [{ metadata: daemonSet.metadata, spec: daemonSet.spec }],
      nodes: [
        {
          metadata: {
            name: 'n1',
            creationTimestamp: '2026-11-24T09:00:00Z',
            labels: { pool: '1' },
            managedFields: [
              {
                manager: 'kubectl-taint',
                operation: 'Update',
                time: '2026-11-24T10:00:00Z',
                fieldsV1: {
                  'f:metadata': { 'f:labels': { '.': {}, 'f:pool': {} } },
                  'f:spec': { 'f:taints': {} },
                },
              },
            ],
          },
          spec: { taints: [{ effect: 'NoSchedule', key: 'dedicated' }] },
        },
      ],
      pods: [],
      unreadable: [],
    })
  })

  it('keeps when a DaemonSet was last counted', () => {
    const counted = {
      manager: 'kube-controller-manager',
      operation: 'Update',
      subresource: 'status',
      time: '2026-11-24T10:00:00Z',
      fieldsV1: { 'f:status': { 'f:numberMisscheduled': {}, 'f:numberReady': {} } },
    }
    const metadata = { ...daemonSet.metadata, managedFields: [counted] }
    const { daemonSets } = read(json(node, { ...daemonSet, metadata }))
    expect(daemonSets[0]?.metadata.managedFields).toEqual([
      { ...counted, fieldsV1: { 'f:status': { 'f:numberMisscheduled': {} } } },
    ])
  })

  it('may be JSON, several YAML documents, or several JSON values in a row', () => {
    const expected = {
      nodes: [{ metadata: node.metadata }],
      pods: [{ metadata: pod.metadata, spec: pod.spec }],
    }
    expect(read(json(node, daemonSet, pod))).toMatchObject(expected)
    expect(read(`---\n${json(node, daemonSet)}\n---\n---\n${json(pod)}\n`)).toMatchObject(expected)
    expect(read(`${json(node, daemonSet)}\n${json(pod)}\n`)).toMatchObject(expected)
  })

  it('may be a typed list of the API server, whose items have no kind', () => {
    const nodes = JSON.stringify({
      apiVersion: 'v1',
      kind: 'NodeList',
      metadata: {},
      items: [{ metadata: { name: 'n1' } }],
    })
    const daemonSets = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'DaemonSetList',
      items: [{ metadata: daemonSet.metadata, spec: daemonSet.spec }],
    })
    const snapshot = read(nodes + daemonSets)
    expect(snapshot.nodes).toHaveLength(1)
    expect(snapshot.daemonSets).toHaveLength(1)
  })

  it('may contain single objects, and of an object that occurs twice the last counts', () => {
    const later = { ...node, spec: { unschedulable: true } }
    expect(read(`${json(node, daemonSet)}${JSON.stringify(later)}`).nodes).toEqual([
      { metadata: { name: 'n1' }, spec: { unschedulable: true } },
    ])
  })

  it('skips objects of other APIs with the same kind', () => {
    const kruise = {
      ...daemonSet,
      apiVersion: 'apps.kruise.io/v1alpha1',
      metadata: { name: 'other', namespace: 'x' },
    }
    const rancher = {
      apiVersion: 'management.cattle.io/v3',
      kind: 'Node',
      metadata: { name: 'm-1' },
    }
    const snapshot = read(json(node, daemonSet, kruise, rancher))
    expect(snapshot.daemonSets.map(({ metadata }) => metadata.name)).toEqual(['agent'])
    expect(snapshot.nodes.map(({ metadata }) => metadata.name)).toEqual(['n1'])
  })

  it('distinguishes lists that a snapshot may lack from lists that are missing', () => {
    const { controllerRevisions, podDisruptionBudgets, unreadable } = read(json(node))
    expect({ controllerRevisions, podDisruptionBudgets }).toEqual({})
    expect(unreadable).toEqual([{ resource: 'daemonsets', reason: 'not in the snapshot file' }])
  })

  it('reports pods as unreadable if there are none but a status counts some', () => {
    const counted = { ...daemonSet, status: { currentNumberScheduled: 0, numberMisscheduled: 2 } }
    expect(read(json(node, counted)).unreadable).toEqual([
      { resource: 'pods', reason: 'not in the snapshot file' },
    ])
    expect(
      read(json(node, { ...daemonSet, status: { numberMisscheduled: 0 } })).unreadable,
    ).toEqual([])
  })

  it('distinguishes an empty from an absent selector, term and list', () => {
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}, null] },
      },
    }
    const [first, second] = read(
      json(
        node,
        { ...daemonSet, spec: { selector: {}, template: { spec: { affinity, tolerations: [] } } } },
        { ...daemonSet, metadata: { name: 'none' }, spec: { template: {} } },
      ),
    ).daemonSets
    expect(first?.spec.selector).toEqual({})
    expect(first?.spec.template.spec).toEqual({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}, {}] },
        },
      },
      tolerations: [],
    })
    expect(second?.spec.selector).toBeNull()
  })

  it('converts events of both APIs to core/v1', () => {
    const involved = { kind: 'DaemonSet', namespace: 'datadog', name: 'agent' }
    const core = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e1', namespace: 'datadog' },
      involvedObject: involved,
      reason: 'FailedDelete',
      message: 'denied',
      lastTimestamp: '2026-11-24T10:00:00Z',
      count: 3,
      source: { component: 'daemonset-controller' },
    }
    const newer = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e2', namespace: 'datadog' },
      regarding: involved,
      reason: 'FailedDelete',
      note: 'denied',
      eventTime: '2026-11-24T09:00:00.000000Z',
      deprecatedLastTimestamp: null,
      series: { count: 4, lastObservedTime: '2026-11-24T10:01:00.000000Z' },
      reportingController: 'daemonset-controller',
    }
    const expected = { involvedObject: involved, reason: 'FailedDelete', message: 'denied' }
    expect(read(json(node, daemonSet, core, newer)).events).toEqual([
      {
        metadata: core.metadata,
        ...expected,
        lastTimestamp: '2026-11-24T10:00:00Z',
        count: 3,
        source: { component: 'daemonset-controller' },
      },
      {
        metadata: newer.metadata,
        ...expected,
        eventTime: '2026-11-24T09:00:00.000000Z',
        lastTimestamp: '2026-11-24T10:01:00.000000Z',
        count: 4,
        reportingComponent: 'daemonset-controller',
      },
    ])
  })

  it("skips revisions of other controllers and reads OpenShift's default node selector", () => {
    const revision = (name: string, kind: string): object => ({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace: 'x', ownerReferences: [{ kind, name: 'o', controller: true }] },
      revision: 1,
    })
    const scheduler = {
      apiVersion: 'config.openshift.io/v1',
      kind: 'Scheduler',
      metadata: { name: 'cluster' },
      spec: { defaultNodeSelector: 'a=b' },
    }
    const snapshot = read(
      json(node, daemonSet, revision('d', 'DaemonSet'), revision('s', 'StatefulSet'), scheduler),
    )
    expect(snapshot.controllerRevisions?.map(({ metadata }) => metadata.name)).toEqual(['d'])
    expect(snapshot.defaultNodeSelector).toBe('a=b')
  })
})

describe('the time of a snapshot file', () => {
  const renewed = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'n1' },
    spec: { renewTime: '2026-11-24T10:00:05.000000Z' },
  }
  const leaving = {
    ...pod,
    metadata: {
      ...pod.metadata,
      creationTimestamp: '2026-11-24T10:00:00Z',
      deletionTimestamp: '2026-11-24T23:00:00Z',
    },
  }

  it('is the newest time in any object, except a deletionTimestamp', () => {
    expect(read(json(node, leaving, renewed)).takenAt).toBe('2026-11-24T10:00:05.000000Z')
    expect(read(json(node, leaving)).takenAt).toBe('2026-11-24T10:00:00Z')
  })

  it('is the given one, if any', () => {
    const saved = writeSnapshot(read(json(node, daemonSet), { now: '2026-11-20T00:00:00Z' }))
    expect(read(saved).takenAt).toBe('2026-11-20T00:00:00Z')
    expect(read(saved, { now: '2026-11-25T00:00:00Z' }).takenAt).toBe('2026-11-25T00:00:00Z')
  })

  it('must be a valid time', () => {
    expect(refusal(json(node), { now: 'yesterday' })).toBe(
      'cluster.yaml: --now: must be a time such as 2026-11-24T03:12:00Z, not yesterday',
    )
  })
})

describe('a file that is not a snapshot', () => {
  it('is refused with what is missing', () => {
    expect(refusal(json(daemonSet, pod))).toMatch(
      /^cluster\.yaml: has no nodes\. Create it with kubectl get daemonsets,nodes,pods,/,
    )
    expect(refusal(json({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } }))).toMatch(
      /^cluster\.yaml: has no nodes/,
    )
    expect(refusal('')).toMatch(/^cluster\.yaml: is empty; expected a v1 List/)
    expect(refusal('# nothing\n---\n')).toMatch(/^cluster\.yaml: is empty/)
    expect(refusal('{"apiVersion":"v1","kind":"List"}')).toBe(
      'cluster.yaml: items: is missing in a List',
    )
    expect(refusal('{"apiVersion":"v1","kind":"List","items":{}}')).toBe(
      'cluster.yaml: items: must be a list in a List',
    )
  })

  it('is refused if it is something else', () => {
    expect(refusal('{"version":"4","alerts":[]}')).toMatch(
      /^cluster\.yaml: kind: is missing; expected a v1 List/,
    )
    expect(refusal('[1]')).toMatch(
      /^cluster\.yaml: must be an object, not a list; expected a v1 List/,
    )
    expect(refusal('just text')).toMatch(
      /^cluster\.yaml: must be an object, not the string just text; expected/,
    )
    expect(refusal('k\0i\0')).toMatch(/^cluster\.yaml: not UTF-8 text/)
  })

  it('is refused with the line if it is neither JSON nor YAML', () => {
    expect(refusal(`${json(node).slice(0, -3)}\n`)).toMatch(/^cluster\.yaml: not JSON: line \d+: /)
    expect(refusal('kind: List\nitems:\n- a: [\n')).toMatch(/^cluster\.yaml: not YAML: line \d: /)
    expect(refusal('kind: List\nkind: List\n')).toMatch(
      /^cluster\.yaml: not YAML: line 2: duplicated mapping key/,
    )
  })

  it('is refused with the object and the path if a value has the wrong type', () => {
    const taints = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 7, effect: 'NoSchedule' },
    ]
    expect(refusal(json(daemonSet, { ...node, spec: { taints } }))).toBe(
      'cluster.yaml: items[1].spec.taints[1].key: Node n1: must be a string, not the number 7',
    )
    expect(refusal(json(node, { ...daemonSet, metadata: { namespace: 'x' } }))).toBe(
      'cluster.yaml: items[1].metadata.name: is missing',
    )
    expect(refusal(json(node, 5 as unknown as object))).toMatch(
      /^cluster\.yaml: items\[1\]: must be an object, not the number 5/,
    )
    expect(refusal(json(node, { kind: 'Pod', metadata: {} }))).toBe(
      'cluster.yaml: items[1].apiVersion: is missing for kind Pod',
    )
  })

  it('is refused with the document and the line in YAML', () => {
    const wrong = yaml.replace('pool: "1"', 'pool: 1')
    const lines = yaml.trimEnd().split('\n').length
    // Two separators and the first document come before the second, whose label is on its ninth
    // line.
    expect(refusal(`---\n${yaml}---\n${wrong}`)).toBe(
      `cluster.yaml: document 2, line ${lines + 2 + 9}, items[0].metadata.labels.pool: Node n1: must be a string, not the number 1`,
    )
  })
})

describe('a saved snapshot', () => {
  const whole: Snapshot = {
    takenAt: '2026-11-24T10:00:00Z',
    serverVersion: 'v1.33.2',
    daemonSets: [
      {
        metadata: {
          name: 'agent',
          namespace: 'datadog',
          uid: 'u',
          generation: 3,
          annotations: { 'meta.helm.sh/release-name': 'datadog' },
        },
        spec: {
          selector: { matchLabels: { app: 'agent' } },
          template: {
            metadata: { labels: { app: 'agent' } },
            spec: { hostNetwork: true, containers: [{ name: 'agent', image: 'agent:7' }] },
          },
          updateStrategy: {
            type: 'RollingUpdate',
            rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 },
          },
        },
        status: { numberMisscheduled: 1 },
      },
    ],
    nodes: [{ metadata: { name: 'n1', managedFields: [] }, status: { allocatable: { cpu: '4' } } }],
    pods: [
      {
        metadata: { name: 'agent-1', namespace: 'datadog' },
        spec: { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] },
      },
    ],
    controllerRevisions: [
      {
        metadata: { name: 'agent-1', namespace: 'datadog' },
        revision: 1,
        data: { spec: { template: { spec: {} } } },
      },
    ],
    namespaces: [
      { metadata: { name: 'datadog', annotations: { 'openshift.io/node-selector': '' } } },
    ],
    podDisruptionBudgets: [],
    leases: [
      {
        metadata: { name: 'n1', namespace: 'kube-node-lease' },
        spec: { renewTime: '2026-11-24T09:59:59.000000Z' },
      },
    ],
    events: [],
    featureGates: { TaintTolerationComparisonOperators: true },
    defaultNodeSelector: 'a=b',
    unreadable: [{ resource: 'events', reason: '403: no' }],
  }

  it('is read back unchanged', () => {
    expect(read(writeSnapshot(whole))).toStrictEqual(whole)
  })

  it('is read back unchanged if lists were not requested, are empty or were unreadable', () => {
    const bare: Snapshot = {
      takenAt: '2026-11-24T10:00:00Z',
      daemonSets: [],
      nodes: [],
      pods: [],
      unreadable: [{ resource: 'nodes', reason: '403: "forbidden"' }],
    }
    expect(read(writeSnapshot(bare))).toStrictEqual(bare)
  })

  it('contains no environment, argument, unknown annotation or copy of the manifest', () => {
    const spec = {
      containers: [
        {
          name: 'agent',
          image: 'agent:7',
          args: ['--token=hunter2'],
          env: [{ name: 'API_KEY', value: 'hunter2' }],
        },
      ],
      volumes: [{ name: 'hunter2', secret: { secretName: 'hunter2' } }],
    }
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"env":"hunter2"}',
      'kapp.k14s.io/original': 'hunter2',
      'objectset.rio.cattle.io/applied': 'hunter2',
      'example.com/password': 'hunter2',
      'meta.helm.sh/release-name': 'datadog',
    }
    const source = json(
      { ...node, metadata: { ...node.metadata, annotations } },
      {
        ...daemonSet,
        metadata: { ...daemonSet.metadata, annotations },
        spec: { selector: {}, template: { metadata: { annotations }, spec } },
      },
      { ...pod, metadata: { ...pod.metadata, annotations }, spec },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { token: 'hunter2' } },
    )
    expect(source).toContain('hunter2')
    const saved = writeSnapshot(read(source))
    expect(saved).not.toContain('hunter2')
    expect(saved).toContain('"meta.helm.sh/release-name":"datadog"')
    const raw = JSON.parse(source) as { items: [unknown, Snapshot['daemonSets'][number]] }
    expect(writeSnapshot({ ...read(json(node)), daemonSets: [raw.items[1]] })).not.toContain(
      'hunter2',
    )
  })

  it('keeps container statuses that wait or have the wrong platform, and only the known phrase of a message', () => {
    const status = {
      phase: 'Running',
      initContainerStatuses: [
        { name: 'done', ready: true, state: { terminated: { exitCode: 0 } } },
      ],
      containerStatuses: [
        { name: 'healthy', ready: true, state: { running: { startedAt: '2026-11-24T10:00:00Z' } } },
        {
          name: 'arm',
          ready: false,
          restartCount: 1043,
          imageID: 'sha256:1',
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off --token=hunter2' } },
          lastState: {
            terminated: {
              exitCode: 1,
              reason: 'StartError',
              message: 'exec /agent --token=hunter2: Exec format error',
              containerID: 'containerd://1',
            },
          },
        },
        {
          name: 'restarted',
          ready: true,
          state: { running: {} },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', message: 'hunter2' } },
        },
      ],
    }
    const windows = {
      containerStatuses: [
        {
          name: 'agent',
          state: {
            waiting: {
              reason: 'ErrImagePull',
              message: 'pull hunter2@registry: no match for platform in manifest: not found',
            },
          },
        },
      ],
    }
    const source = json(
      node,
      { ...pod, status },
      { ...pod, metadata: { name: 'agent-2', namespace: 'datadog' }, status: windows },
    )
    const saved = writeSnapshot(read(source))
    expect(saved).not.toContain('hunter2')
    expect(read(saved).pods.map((one) => one.status)).toEqual([
      {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'arm',
            ready: false,
            restartCount: 1043,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: {
              terminated: { exitCode: 1, reason: 'StartError', message: 'exec format error' },
            },
          },
        ],
      },
      {
        containerStatuses: [
          {
            name: 'agent',
            state: { waiting: { reason: 'ErrImagePull', message: 'no match for platform' } },
          },
        ],
      },
    ])
  })

  it('is a List that kubectl can read, and is refused if it was damaged', () => {
    const list = JSON.parse(writeSnapshot(whole)) as {
      apiVersion: string
      kind: string
      items: { apiVersion?: string; kind?: string }[]
    }
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' })
    expect(list.items.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'apps/v1 DaemonSet',
      'v1 Node',
      'v1 Pod',
      'apps/v1 ControllerRevision',
      'v1 Namespace',
      'coordination.k8s.io/v1 Lease',
      'config.openshift.io/v1 Scheduler',
    ])
    const damaged = writeSnapshot(whole).replace('"[{', '"[')
    expect(refusal(damaged)).toBe(
      'cluster.yaml: metadata.annotations["daemonset-triage/unreadable"]: cannot be read. Save the file again with daemonset-triage snapshot',
    )
  })
})
