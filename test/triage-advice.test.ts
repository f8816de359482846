import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { factsOf } from '../src/triage/facts/facts.ts'
import { indexSnapshot } from '../src/triage/facts/snapshot-index.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { lastingPlace } from '../src/triage/lasting-place.ts'
import { remedies } from '../src/triage/remedies/remedies.ts'
import type { RemedyDraft } from '../src/triage/remedies/remedy.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis } from './incident-world.ts'
import { daemonSet, LOGS, minutesAgo, node, noSchedule, pod, snapshot } from './triage-world.ts'

const TEAM = noSchedule('team-x', 'only')
const LATER = ['kubectl-taint', minutesAgo(30)] as const

function findings(parts: Partial<Snapshot>): readonly Finding[] {
  return diagnose(snapshot({ daemonSets: [daemonSet()], ...parts }), {
    namespace: 'ops',
    name: 'agent',
  }).findings
}

function kindsOf({ remedies }: Finding, horizon: 'now' | 'for-good'): string[] {
  return remedies
    .filter((remedy) => remedy.horizon === horizon && !remedy.tempting)
    .map(({ kind, recommended }) => (recommended ? `→${kind}` : kind))
}

describe('remedies', () => {
  const tainted = node('a', { taints: [TEAM], taintsBy: LATER })

  it('a node agent should tolerate the taint; of other pods nothing is known, so nothing is recommended; waiting is always offered', () => {
    const agent = findings({ daemonSets: [daemonSet(LOGS)], nodes: [tainted], pods: [pod('a')] })[0]
    const app = findings({ nodes: [tainted], pods: [pod('a')] })[0]
    expect(agent && kindsOf(agent, 'now')).toEqual([
      '→tolerate',
      'wait',
      'delete-pod',
      'remove-taint',
    ])
    expect(app && kindsOf(app, 'now')).toEqual(['tolerate', 'delete-pod', 'wait', 'remove-taint'])
    expect(app && kindsOf(app, 'for-good')).toEqual(['tolerate', 'change-placement'])
  })

  it('a terminating pod is not offered for deletion', () => {
    const found = findings({
      nodes: [tainted],
      pods: [pod('a', { deletionTimestamp: minutesAgo(-5) })],
    })[0]
    expect(found && kindsOf(found, 'now')[0]).toBe('→wait')
    expect(found?.remedies.some(({ kind, tempting }) => kind === 'delete-pod' && !tempting)).toBe(
      false,
    )
  })

  it('a finished pod is left to the controller', () => {
    const found = findings({ nodes: [tainted], pods: [pod('a', {}, { phase: 'Failed' })] })[0]
    expect(found && kindsOf(found, 'now')[0]).toBe('→wait')
  })

  it.each([
    [
      'a storage driver',
      { volumes: [{ hostPath: { path: '/var/lib/kubelet/plugins/x.csi.example.com' } }] },
    ],
    ['a network plugin', { volumes: [{ hostPath: { path: '/etc/cni/net.d' } }] }],
    ['a device plugin', { volumes: [{ hostPath: { path: '/var/lib/kubelet/device-plugins' } }] }],
  ])('the pod of %s is never offered for deletion', (_, spec) => {
    for (const found of findings({
      daemonSets: [daemonSet(spec)],
      nodes: [tainted],
      pods: [pod('a')],
    })) {
      expect(found.remedies.map(({ kind }) => kind)).not.toContain('delete-pod')
    }
  })

  it('a toleration draft covers all taints of the nodes that may be tolerated', () => {
    const two = node('a', { taints: [TEAM, noSchedule('dedicated', 'gpu')], taintsBy: LATER })
    const found = findings({ daemonSets: [daemonSet(LOGS)], nodes: [two], pods: [pod('a')] })
    for (const one of found) {
      const toleration = one.remedies.find(
        ({ kind, recommended }) => kind === 'tolerate' && recommended,
      )
      expect(toleration?.predict?.numberMisscheduled).toBe(0)
    }
  })

  it('a tempting draft is never recommended and comes last, whatever the order of the drafts', () => {
    const agent = daemonSet()
    const facts = factsOf(agent, indexSnapshot(snapshot({ daemonSets: [agent] })), {})
    const draft = (kind: RemedyDraft['kind'], part: Partial<RemedyDraft> = {}): RemedyDraft => ({
      ...{ kind, horizon: 'now', title: [kind], why: [], ...part },
    })
    const tempting = draft('delete-pod', { tempting: true })
    const [fix, wait] = [draft('fix-node'), draft('wait', { choice: true })]
    const ranked = (...drafts: readonly RemedyDraft[]) =>
      remedies(facts, [{ drafts, pods: [], explained: [] }])
        .flat()
        .map(({ kind, recommended }) => (recommended ? `→${kind}` : kind))
    expect(ranked(tempting, wait, fix)).toEqual(['→fix-node', 'wait', 'delete-pod'])
    expect(ranked(tempting, wait)).toEqual(['→wait', 'delete-pod'])
    expect(ranked(tempting)).toEqual(['delete-pod'])
  })

  it('the command that removes the taint of a cordoned node uncordons it too', () => {
    const cordoned = node('a', { taints: [TEAM], taintsBy: LATER, unschedulable: true })
    const found = findings({ nodes: [cordoned], pods: [pod('a')] })[0]
    expect(found?.remedies.find(({ kind }) => kind === 'remove-taint')?.commands).toEqual([
      'kubectl taint node a team-x:NoSchedule-',
      'kubectl uncordon a',
    ])
  })

  it('a toleration that does not lower the count is not recommended, and says so', () => {
    const both = node('a', {
      taints: [TEAM, noSchedule('node.kubernetes.io/not-ready')],
      taintsBy: LATER,
      ready: 'False',
    })
    const found = findings({ daemonSets: [daemonSet(LOGS)], nodes: [both], pods: [pod('a')] })[1]
    const toleration = found?.remedies.find(
      ({ kind, horizon }) => kind === 'tolerate' && horizon === 'now',
    )
    expect(toleration).toMatchObject({ recommended: false, predict: { numberMisscheduled: 1 } })
    expect(plain(toleration?.consequences ?? [])).toContain('The simulation leaves the count at 1.')
    expect(toleration?.change).toBeUndefined()
  })

  it('nodes that would get a pod are listed', () => {
    const nodes = [tainted, node('b', { taints: [TEAM] }), node('c', { taints: [TEAM] })]
    const found = findings({ daemonSets: [daemonSet(LOGS)], nodes, pods: [pod('a')] })[0]
    expect(plain(found?.remedies[0]?.consequences ?? [])).toContain(
      '2 more nodes would get a pod: `b` and `c`.',
    )
  })

  it('a failed node should never be tolerated now, and for good only by what makes nodes Ready', () => {
    const failed = node('a', {
      taints: [noSchedule('node.kubernetes.io/unreachable')],
      ready: 'Unknown',
    })
    const ordinary = findings({
      daemonSets: [daemonSet(LOGS)],
      nodes: [failed],
      pods: [pod('a')],
    })[0]
    const network = findings({
      daemonSets: [daemonSet({ volumes: [{ hostPath: { path: '/opt/cni/bin' } }] })],
      nodes: [failed],
      pods: [pod('a')],
    })[0]
    expect(ordinary && [kindsOf(ordinary, 'now'), kindsOf(ordinary, 'for-good')]).toEqual([
      ['→fix-node', 'wait'],
      ['→none'],
    ])
    expect(network && [kindsOf(network, 'now')[0], kindsOf(network, 'for-good')]).toEqual([
      '→fix-node',
      ['→tolerate'],
    ])
  })
})

describe('where a toleration must be added', () => {
  const owner = (name: string, onPatch: 'reverts' | 'overwrites' | 'none', fix: string) =>
    diagnosis({
      name,
      owner: {
        kind: 'x',
        chain: [],
        onPatch,
        revert: 'The next upgrade overwrites it.',
        fix,
        path: 'agents.tolerations',
      },
    })
  const helm = 'In the values of Helm release a, at agents.tolerations.'

  it('is shown if an owner undoes or overwrites a patch, the path as code', () => {
    expect(plain(lastingPlace([owner('a', 'reverts', helm)]))).toBe(
      'In the values of Helm release a, at `agents.tolerations`.',
    )
    expect(plain(lastingPlace([owner('a', 'overwrites', helm)]))).toBe(
      'In the values of Helm release a, at `agents.tolerations`. A patch does not last: the next upgrade overwrites it.',
    )
    expect(lastingPlace([owner('a', 'none', helm)])).toEqual([])
    expect(lastingPlace([diagnosis()])).toEqual([])
  })

  it('is shown once for DaemonSets with the same owner, and by name for others', () => {
    const same = lastingPlace([owner('a', 'reverts', helm), owner('b', 'reverts', helm)])
    expect(plain(same)).toBe('In the values of Helm release a, at `agents.tolerations`.')
    const others = ['b', 'c'].map((name) => owner(name, 'reverts', `In ${name}.`))
    expect(plain(lastingPlace([owner('a', 'reverts', helm), ...others]))).toBe(
      '`a`: In the values of Helm release a, at `agents.tolerations`. `b`: In b. 1 more in Show fix.',
    )
  })
})
