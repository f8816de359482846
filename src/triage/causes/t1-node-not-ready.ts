import type { Condition, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import {
  code,
  counted,
  joined,
  names,
  nodesTitle,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { worksOnFailedNodes } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint } from '../taints/taints.ts'

/**
 * The node is not ready. Every daemon pod tolerates the taint with effect NoExecute; the one with
 * NoSchedule only if its template says so.
 */
export const nodeNotReady = defineCause<Taint>({
  id: 'T1',
  cause: 'node-not-ready',
  title: 'The node is NotReady or unreachable',
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && KEYS.has(taint.key) ? taint : undefined
  },
  key: (_, taint) => taint.key,
  variant({ node, facts }) {
    if (node.ready?.status === 'True') return 'ready-again'
    if (
      (node.node.spec?.taints ?? []).some(
        ({ key, effect }) =>
          effect !== 'PreferNoSchedule' && knownTaint(key).class === 'going-away',
      )
    )
      return 'going-away'
    return isStarting(node, facts.index.now) ? 'new' : null
  },
  variantsByUrgency: ['', 'ready-again', 'new', 'going-away'],
  headline({ nodes, who, many, variant, key }) {
    const title = nodesTitle(nodes)
    const are = plural(nodes.length, 'is', 'are')
    if (variant === 'ready-again')
      return words`${title} ${are} Ready again but still tainted; ${who} ${many ? 'count' : 'counts'} as misscheduled there`
    const state = key === UNREACHABLE ? 'unreachable' : 'NotReady'
    return words`${title} ${are} ${state}; ${who} ${many ? 'count' : 'counts'} as misscheduled there`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, which ${state(group)}.`,
      why: words`${lastReport(group)}. Daemon pods stay there and count as misscheduled until ${end(group)}.`,
      perNode: cases.map((one) => ({ node: one.node.name, reason: reason(one) })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: drafts(group),
    }
  },
})

const UNREACHABLE = 'node.kubernetes.io/unreachable'
const KEYS = new Set(['node.kubernetes.io/not-ready', UNREACHABLE])
const STARTING_MS = 5 * 60_000
/** A new kubelet first reports NotReady this soon; a later report is of a node that was Ready. */
const FIRST_REPORT_MS = 60_000

/** Whether the node is new and was never Ready. A kubelet that went silent had reported before. */
function isStarting({ node, ready }: NodeFacts, now: number): boolean {
  const created = milliseconds(node.metadata.creationTimestamp)
  if (created === undefined || now - created >= STARTING_MS) return false
  if (!ready || ready.reason === 'NodeStatusNeverUpdated') return true
  const since = milliseconds(ready.lastTransitionTime) ?? created
  return ready.status === 'False' && since - created <= FIRST_REPORT_MS
}

function state({ nodes, variant, key }: CaseGroup<Taint>): string {
  const are = plural(nodes.length, 'is', 'are')
  if (variant === 'ready-again') return `${are} Ready again but still tainted`
  return key === UNREACHABLE ? 'the control plane cannot reach' : `${are} not ready`
}

function end({ nodes, variant }: CaseGroup<Taint>): string {
  if (variant === 'ready-again') return 'the taint is removed'
  const theNodes = plural(nodes.length, 'the node is', 'the nodes are')
  return variant === 'going-away' ? `${theNodes} gone` : `${theNodes} Ready again or deleted`
}

/** Since when, and the last report of the kubelet: of the node that was affected first. */
function lastReport({ cases, nodes }: CaseGroup<Taint>): Words {
  const [first] = [...cases].sort((a, b) => transition(a).localeCompare(transition(b)))
  const { node, facts } = first ?? cases[0]
  const { ready } = node
  const firstOf = nodes.length > 1 ? words` of ${code(node.name)}, the first of them,` : []
  if (!ready) return words`The Ready condition${firstOf} is missing`
  if (ready.status === 'True')
    return words`The kubelet${firstOf} has been Ready${since(ready)}, but the taint is still on the node`
  if (ready.status !== 'Unknown')
    return words`The kubelet${firstOf} has reported NotReady${since(ready)}${ready.message ? words`: “${firstSentence(ready.message)}”` : ''}`
  const renewed = facts.index.lease('kube-node-lease', node.name)?.spec?.renewTime
  return words`The kubelet${firstOf} has not reported${since(ready)}${renewed ? words`; it last renewed its Lease at ${time(renewed)}` : ''}`
}

// A condition may list everything that is wrong; the first item is enough here.
function firstSentence(message: string): string {
  return (message.split(/[.;\n](?:\s|$)/)[0] ?? '').slice(0, 90)
}

function transition({ node }: Case<Taint>): string {
  return node.ready?.lastTransitionTime ?? '~'
}

function since({ lastTransitionTime }: Condition): Words {
  return lastTransitionTime ? words` since ${time(lastTransitionTime)}` : []
}

function reason({ node: { ready } }: Case<Taint>): Words {
  if (!ready) return ['no Ready condition']
  if (ready.status === 'True') return words`Ready${since(ready)}, taint still on`
  const what = ready.status === 'Unknown' ? 'not reporting' : 'NotReady'
  return words`${what}${since(ready)}${ready.reason ? words`: ${code(ready.reason)}` : ''}`
}

function evidence({ node, facts }: Case<Taint>): Words {
  const { ready } = node
  const parts: Words[] = []
  if (ready) {
    const message = ready.message ? words`, ${code(ready.message.slice(0, 160))}` : ''
    parts.push(
      words`condition Ready is ${ready.status}${since(ready)} (${code(ready.reason ?? 'no reason given')}${message})`,
    )
  }
  const renewed = facts.index.lease('kube-node-lease', node.name)?.spec?.renewTime
  if (renewed) parts.push(words`its kubelet last renewed its Lease at ${time(renewed)}`)
  const others = new Set(
    facts.index
      .podsOn(node.name)
      .flatMap(({ metadata }) =>
        (metadata.ownerReferences ?? [])
          .filter(({ kind, name }) => kind === 'DaemonSet' && name !== facts.name)
          .map(({ name }) => `${metadata.namespace ?? 'default'}/${name}`),
      ),
  )
  if (others.size > 0)
    parts.push([`pods of ${counted(others.size, 'other DaemonSet')} are on it too`])
  if (parts.length === 0) parts.push(['it has no Ready condition'])
  return words`${code(node.name)}: ${joined(parts, '; ')}`
}

function drafts(group: CaseGroup<Taint>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = group
  const taint = cases[0].evidence
  return [
    ...draftsNow(group),
    deletePods(facts, pods, {
      horizon: 'now',
      tempting: true,
      why: [whyNotDelete(group)],
    }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['It hides a broken node and restarts pods for nothing.'],
    }),
    worksOnFailedNodes(facts.daemonSet, facts.role)
      ? tolerate(facts, nodes, taint, {
          horizon: 'for-good',
          why: [
            'It makes nodes ready or has to keep running when they fail, so it belongs on a node that is not ready.',
          ],
        })
      : nothing([
          'The DaemonSet is correct as it is. Only what makes a node ready (network, storage) or monitors broken nodes should tolerate this.',
        ]),
  ]
}

function whyNotDelete({ nodes, variant }: CaseGroup<Taint>): string {
  if (variant === 'ready-again') return 'It is not recreated while the taint is on the node.'
  return nodes.some(({ ready }) => ready?.status === 'False')
    ? 'The pod is on the right node. Once deleted, it is missing until the node is Ready.'
    : 'No kubelet answers: a deleted pod would stay in Terminating and still be counted.'
}

function draftsNow({ nodes, variant, cases }: CaseGroup<Taint>): readonly RemedyDraft[] {
  const silence = wait(
    ['Silence while the node is being fixed'],
    ['The count drops when the node is Ready or its Node object is deleted.'],
    { choice: true },
  )
  if (variant === 'going-away')
    return [
      wait(
        ['Wait: the node is being removed'],
        ['Another of its taints says so, so it is expected to stop answering.'],
      ),
    ]
  const fix = fixNodes(nodes.map(({ name }) => name))
  if (variant === 'new')
    return [
      wait(
        ['Wait: the node is starting'],
        ['It joined less than 5 min ago; most nodes are Ready within 3 min.'],
      ),
      fix,
    ]
  if (variant !== 'ready-again') return [fix, silence]
  return [
    {
      kind: 'repair-controller',
      horizon: 'now',
      title: ['Find out why the taint is not removed'],
      why: words`The node lifecycle controller removes ${code(cases[0].evidence.key)} within seconds of Ready. Check whether kube-controller-manager is running.`,
      commands: ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
    },
    silence,
  ]
}

function fixNodes(nodes: readonly string[]): RemedyDraft {
  const shown = nodes.slice(0, 3)
  return {
    kind: 'fix-node',
    horizon: 'now',
    title:
      nodes.length === 1
        ? words`Fix node ${code(nodes[0] ?? '')}`
        : [`Fix the ${nodes.length} nodes`],
    why: [
      'Bring the kubelet back: check machine, network, disk and container runtime. If the machine is gone for good, delete the Node object.',
    ],
    commands: [
      `kubectl describe node ${shown.join(' ')}`,
      ...(nodes.length === 1
        ? [`kubectl delete node ${shown.join(' ')}   # only if the machine is gone for good`]
        : []),
    ],
  }
}
