import type { Taint } from '../../kubernetes/objects.ts'
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
import { cordonWords } from '../drain/leaving.ts'
import { plannedReboot } from '../drain/planned-reboot.ts'
import type { Case } from '../facts/facts.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { MANAGED_FIELDS } from '../facts/needs.ts'
import {
  isSilent,
  kubeletRenewed,
  notReadyReason,
  readyEvidence,
  readySince,
  reportsNotReady,
  UNREACHABLE,
} from '../facts/readiness.ts'
import { worksOnFailedNodes } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, fixNodes, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'

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
  // Who cordoned the node may show that it is leaving.
  needs: ({ nodes }) =>
    nodes.some(({ node }) => node.spec?.unschedulable) ? [MANAGED_FIELDS] : [],
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && reportsNotReady(taint.key) ? taint : undefined
  },
  key: (_, taint) => taint.key,
  variant: ({ node, facts }) => variantOf(node, facts.index.now),
  variantsByUrgency: ['', 'ready-again', 'rebooting', 'new'],
  headline({ nodes, who, many, variant, key }) {
    const title = nodesTitle(nodes)
    const are = plural(nodes.length, 'is', 'are')
    const state =
      variant === 'ready-again'
        ? 'Ready again but still tainted'
        : variant === 'rebooting'
          ? 'rebooting as planned'
          : key === UNREACHABLE
            ? 'unreachable'
            : 'NotReady'
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

const STARTING_MS = 5 * 60_000
/** A new kubelet first reports NotReady this soon; a later report is of a node that was Ready. */
const FIRST_REPORT_MS = 60_000
/** A planned reboot that takes longer than this has failed. */
const REBOOT_MS = 30 * 60_000

function variantOf({ node, ready }: NodeFacts, now: number): string | null {
  if (ready?.status === 'True') return 'ready-again'
  const reboot = plannedReboot(node)
  const began = milliseconds(reboot?.began ?? ready?.lastTransitionTime)
  if (reboot && began !== undefined && now - began < REBOOT_MS) return 'rebooting'
  return isStarting({ node, ready }, now) ? 'new' : null
}

/** Whether the node is new and was never Ready. A kubelet that went silent had reported before. */
function isStarting({ node, ready }: Pick<NodeFacts, 'node' | 'ready'>, now: number): boolean {
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
  return `${plural(nodes.length, 'the node is', 'the nodes are')} Ready again or deleted`
}

/** Since when, and the last report of the kubelet: of the node that was affected first. */
function lastReport({ cases, nodes }: CaseGroup<Taint>): Words {
  const [first] = [...cases].sort((a, b) => transition(a).localeCompare(transition(b)))
  const { node, facts } = first ?? cases[0]
  const { ready } = node
  const firstOf = nodes.length > 1 ? words` of ${code(node.name)}, the first of them,` : []
  if (!ready) return words`The Ready condition${firstOf} is missing`
  if (ready.status === 'True')
    return words`The kubelet${firstOf} has been Ready${readySince(ready)}, but the taint is still on the node`
  if (ready.status !== 'Unknown')
    return words`The kubelet${firstOf} has reported NotReady${readySince(ready)}${ready.message ? words`: “${firstSentence(ready.message)}”` : ''}`
  const renewed = kubeletRenewed(facts.index, node.node)
  return words`The kubelet${firstOf} has not reported${readySince(ready)}${renewed ? words`; it last renewed its Lease at ${time(renewed)}` : ''}${rebooted(node)}`
}

function rebooted({ node }: NodeFacts): Words {
  const reboot = plannedReboot(node)
  return reboot?.began
    ? words`; ${reboot.tool} began to reboot the node at ${time(reboot.began)}`
    : []
}

// A condition may list everything that is wrong; the first item is enough here.
function firstSentence(message: string): string {
  return (message.split(/[.;\n](?:\s|$)/)[0] ?? '').slice(0, 90)
}

function transition({ node }: Case<Taint>): string {
  return node.ready?.lastTransitionTime ?? '~'
}

function reason({ node: { node, ready } }: Case<Taint>): Words {
  if (!ready) return ['no Ready condition']
  return ready.status === 'True'
    ? words`Ready${readySince(ready)}, taint still on`
    : notReadyReason(node)
}

function evidence({ node, facts }: Case<Taint>): Words {
  const reboot = plannedReboot(node.node)
  const cordon = cordonWords(node.node)
  const parts: Words[] = [
    ...readyEvidence(facts.index, node.node),
    ...(reboot ? [reboot.sign] : cordon.length > 0 ? [cordon] : []),
  ]
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
  const fix = fixNodes(nodes, [
    nodes.some(({ node }) => isSilent(node))
      ? 'Bring the kubelet back: check machine, network, disk and container runtime. If the machine is gone for good, delete the Node object.'
      : 'The kubelet reports what is wrong: check network, disk and container runtime of the node.',
  ])
  switch (variant) {
    case 'new':
      return [
        wait(
          ['Wait: the node is starting'],
          ['It joined less than 5 min ago; most nodes are Ready within 3 min.'],
        ),
        fix,
      ]
    case 'rebooting':
      return [waitForReboot(nodes), fix]
    case 'ready-again':
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
    default:
      return [fix, silence]
  }
}

function waitForReboot([first, ...others]: readonly NodeFacts[]): RemedyDraft {
  const reboot = first && plannedReboot(first.node)
  const began = reboot?.began ? words` at ${time(reboot.began)}` : ''
  return wait(
    [`Wait: the ${others.length === 0 ? 'node is' : 'nodes are'} rebooting as planned`],
    words`The reboot by ${reboot?.tool ?? 'a tool'} began${began}. If the node is not Ready half an hour later, the reboot has failed: look at the machine.`,
  )
}
