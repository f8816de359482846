import { describe, expect, it } from 'vitest'
import type { Snapshot, Taint, Unreadable } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { plain } from '../src/words/words.ts'
import {
  daemonSet,
  minutesAgo,
  node,
  noSchedule,
  pod,
  snapshot,
  unixSeconds,
  worker,
} from './triage-world.ts'

const forbidden: readonly Unreadable[] = [
  'poddisruptionbudgets',
  'events',
  'leases',
  'controllerrevisions',
  'namespaces',
  'version',
].map((resource) => ({ resource, reason: '403: forbidden' }))

/**
 * Everything but nodes, pods and DaemonSets is forbidden, as the API server's client reports it.
 */
const NOTHING_ELSE: Partial<Snapshot> = {
  podDisruptionBudgets: [],
  events: [],
  leases: [],
  controllerRevisions: [],
  namespaces: [],
  unreadable: forbidden,
}

function limits(parts: Partial<Snapshot>): { ids: string[]; unread: string[]; text: string } {
  const world = snapshot({
    daemonSets: [daemonSet({}, { status: { numberMisscheduled: 1 } })],
    pods: [pod('a')],
    ...NOTHING_ELSE,
    ...parts,
  })
  const diagnosis = diagnose(world, { namespace: 'ops', name: 'agent' })
  const text = diagnosis.limits.map(plain).join('\n')
  const unread = [...text.matchAll(/`(\w+)` could not be read: 403: forbidden\./g)]
  return {
    ids: diagnosis.findings.map(({ id, variant, heldBy }) =>
      [id, variant, heldBy].filter(Boolean).join(' '),
    ),
    unread: unread.map(([, resource = '']) => resource).sort(),
    text,
  }
}

const tainted = (...taints: readonly Taint[]) => ({ nodes: [node('a', { taints })] })
const decided = (minutes: number) =>
  tainted(noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(minutesAgo(minutes))))

describe('what could not be read is said if the verdict needs it', () => {
  it.each([
    [
      'a node that is not Ready: its condition says so',
      {
        nodes: [
          node('a', { taints: [noSchedule('node.kubernetes.io/not-ready')], ready: 'False' }),
        ],
      },
      ['T1'],
      [],
    ],
    [
      'a network that is not ready',
      tainted(noSchedule('node.kubernetes.io/network-unavailable')),
      ['T2'],
      [],
    ],
    ['a virtual node', tainted(noSchedule('virtual-kubelet.io/provider', 'azure')), ['T11'], []],
    [
      'a taint of unknown meaning: older templates might tolerate it',
      tainted(noSchedule('team-x', 'only')),
      ['T3'],
      ['controllerrevisions'],
    ],
    [
      'a drain with a pod that must still leave',
      { ...decided(3), pods: [pod('a'), worker('a')] },
      ['T4 draining'],
      ['leases', 'poddisruptionbudgets'],
    ],
    [
      'a drain with nothing left to evict: no budget can block it',
      decided(3),
      ['T4 draining'],
      ['leases'],
    ],
    [
      'an old decision: only events and the Lease show whether the tool still acts',
      decided(300),
      ['T4 left-over'],
      ['events', 'leases'],
    ],
    [
      'a machine that is off by its own taint',
      {
        nodes: [
          node('a', {
            taints: [noSchedule('node.cloudprovider.kubernetes.io/shutdown')],
            ready: 'False',
          }),
        ],
      },
      ['T4 machine-off'],
      [],
    ],
    [
      'a pod that nobody deletes: the controller and its events say why',
      {
        daemonSets: [
          daemonSet({ nodeSelector: { disk: 'ssd' } }, { status: { numberMisscheduled: 1 } }),
        ],
        nodes: [node('a', { labels: { disk: 'hdd' } })],
      },
      ['P2 K5'],
      ['controllerrevisions', 'events', 'leases'],
    ],
  ] as const)('%s', (_, parts, ids, unread) => {
    expect(limits(parts)).toMatchObject({ ids, unread })
  })

  it('a status that differs needs the server version and the controller’s Lease', () => {
    const found = limits({ nodes: [node('a')] })
    expect(found.ids).toEqual(['S1'])
    expect(found.text).toContain('The server version is unknown')
    expect(found.text).toContain('The Lease of kube-controller-manager was not read')
    expect(found.unread).toEqual([])
  })

  it('nothing is said about a DaemonSet that is fine', () => {
    const found = limits({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 0 } })],
      nodes: [node('a')],
    })
    expect(found).toEqual({ ids: ['S4'], unread: [], text: '' })
  })

  it('nodes, pods and DaemonSets are needed for every verdict', () => {
    for (const resource of ['nodes', 'pods', 'daemonsets']) {
      const found = limits({
        daemonSets: [daemonSet({}, { status: { numberMisscheduled: 0 } })],
        nodes: [node('a')],
        unreadable: [{ resource, reason: '403: forbidden' }],
      })
      expect(found.unread).toEqual([resource])
    }
  })

  it('a list that was cut off is said as well, and an empty one is not called read', () => {
    const unreadable = [{ resource: 'controllerrevisions', reason: 'too many' }]
    const { text } = limits({ ...tainted(noSchedule('team-x', 'only')), unreadable })
    expect(text).toContain('`controllerrevisions` could not be read: too many.')
    expect(text).not.toContain('No ControllerRevision')
  })

  it('managedFields are missed only where a writer or its time decides', () => {
    const bare = { metadata: { managedFields: undefined } }
    const missing = (taint: Taint) =>
      limits({ nodes: [node('a', { taints: [taint], ready: 'False', ...bare })] }).text
    expect(missing(noSchedule('node.kubernetes.io/not-ready'))).not.toContain('managedFields')
    expect(missing(noSchedule('team-x', 'only'))).toContain('managedFields are missing')
    expect(missing(noSchedule('karpenter.sh/disrupted'))).toContain('managedFields are missing')
    const { text } = limits({
      nodes: [node('a', { ...bare, taints: decided(3).nodes[0]?.spec?.taints ?? [] })],
    })
    expect(text).not.toContain('managedFields')
  })

  it('the namespaces of OpenShift decide what the count is', () => {
    const openShift = { labels: { 'node.openshift.io/os_id': 'rhel' } }
    expect(limits({ nodes: [node('a', openShift)] }).unread).toEqual(['namespaces'])
  })
})
