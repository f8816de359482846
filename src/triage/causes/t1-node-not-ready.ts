import type { Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { worksOnFailedNodes } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint } from '../taints/taints.ts'

/** The node is not ready. The taint's NoExecute half is tolerated by every daemon pod, its NoSchedule half by none that does not say so. */
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
    const one = nodes.length === 1
    if (variant === 'ready-again')
      return words`${title} ${one ? 'is' : 'are'} Ready again but still tainted; ${who} ${many ? 'count' : 'counts'} as misscheduled there`
    const state =
      key === UNREACHABLE
        ? one
          ? 'does not answer'
          : 'do not answer'
        : one
          ? 'is NotReady'
          : 'are NotReady'
    return words`${title} ${state}; ${who} ${many ? 'are' : 'is'} counted there as misscheduled`
  },
  explain(found) {
    const { facts, nodes, cases, key } = found
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, ${key === UNREACHABLE ? 'which the control plane cannot reach' : 'not ready'}.`,
      why: words`${lastWord(found)}. Daemon pods stay there and count as misscheduled until ${ENDS[found.variant ?? ''] ?? ENDS['']}.`,
      perNode: cases.map((one) => ({ node: one.node.name, reason: reason(one) })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: offers(found),
    }
  },
})

const UNREACHABLE = 'node.kubernetes.io/unreachable'
const KEYS = new Set(['node.kubernetes.io/not-ready', UNREACHABLE])
const NEW = 5 * 60_000
/** A kubelet writes its first NotReady this soon after the node is made; a later one is a node that was Ready before. */
const FIRST_WORD = 60_000

/** Young, and never Ready so far. A kubelet that fell silent had spoken before, so its node is not starting. */
function isStarting({ node, ready }: NodeFacts, now: number): boolean {
  const born = milliseconds(node.metadata.creationTimestamp)
  if (born === undefined || now - born >= NEW) return false
  if (!ready || ready.reason === 'NodeStatusNeverUpdated') return true
  const since = milliseconds(ready.lastTransitionTime) ?? born
  return ready.status === 'False' && since - born <= FIRST_WORD
}

const ENDS: Readonly<Record<string, string>> & { readonly '': string } = {
  '': 'it is Ready again or deleted',
  'ready-again': 'the taint goes',
  'going-away': 'it is gone',
}

/** Since when, and the last that was heard of the kubelet: of the node that has been so for longest. */
function lastWord({ cases, nodes }: CaseGroup<Taint>): Words {
  const [first] = [...cases].sort((a, b) => since(a).localeCompare(since(b)))
  const { node, facts } = first ?? cases[0]
  const { ready } = node
  if (!ready) return ['Its condition Ready is missing']
  const from = ready.lastTransitionTime ? words` since ${time(ready.lastTransitionTime)}` : []
  const which =
    nodes.length === 1
      ? words`Its kubelet`
      : words`The kubelet of ${code(node.name)}, the first of them,`
  if (ready.status === 'True')
    return words`${which} has been Ready${from}, but the taint is still on`
  if (ready.status !== 'Unknown')
    return words`${which} has said NotReady${from}${ready.message ? words`: “${firstSentence(ready.message)}”` : ''}`
  const renewed = facts.index.lease('kube-node-lease', node.name)?.spec?.renewTime
  return words`${which} has not answered${from}${renewed ? words`; its last sign of life was at ${time(renewed)}` : ''}`
}

// Conditions may bring a list of all that is wrong; the first of it is what one looks for.
function firstSentence(message: string): string {
  return (message.split(/[.;\n](?:\s|$)/)[0] ?? '').slice(0, 90)
}

function since({ node }: Case<Taint>): string {
  return node.ready?.lastTransitionTime ?? '~'
}

function reason({ node }: Case<Taint>): Words {
  const { ready } = node
  if (!ready) return ['its condition Ready is missing']
  const since = ready.lastTransitionTime ? words` since ${time(ready.lastTransitionTime)}` : []
  if (ready.status === 'True') return words`Ready${since}, taint still on`
  const state = ready.status === 'Unknown' ? 'no answer' : 'NotReady'
  return words`${state}${since}${ready.reason ? words`: ${code(ready.reason)}` : ''}`
}

function evidence({ node, facts }: Case<Taint>): Words {
  const { ready } = node
  const parts: Words[] = []
  if (ready) {
    const says = ready.message ? words`, ${code(ready.message.slice(0, 160))}` : ''
    parts.push(
      words`condition Ready is ${ready.status}${ready.lastTransitionTime ? words` since ${time(ready.lastTransitionTime)}` : ''} (${code(ready.reason ?? 'no reason given')}${says})`,
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
    parts.push([
      `pods of ${others.size} other ${others.size === 1 ? 'DaemonSet are' : 'DaemonSets are'} on it too`,
    ])
  if (parts.length === 0) parts.push(['its conditions could not be read'])
  return words`${code(node.name)}: ${parts.flatMap((part, index) => (index === 0 ? part : ['; ', ...part]))}`
}

function offers(found: CaseGroup<Taint>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases, variant } = found
  const taint = cases[0].evidence
  const sick = worksOnFailedNodes(facts.daemonSet, facts.role)
  return [
    ...nowOffers(found),
    deletePods(facts, pods, {
      horizon: 'now',
      tempting: true,
      why:
        variant === 'ready-again'
          ? ['It would not be re-created while the taint is on.']
          : ['No kubelet answers: a deleted pod would hang in Terminating and count on.'],
    }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['It hides a sick node, and restarts pods for nothing.'],
    }),
    sick
      ? tolerate(facts, nodes, taint, {
          horizon: 'for-good',
          why: [
            'It makes nodes ready, or has to outlive their failure: it belongs on a node that is not ready.',
          ],
        })
      : nothing([
          'The DaemonSet is right as it is. Only what makes a node ready (network, storage) or watches sick nodes should tolerate this.',
        ]),
  ]
}

function nowOffers({ nodes, variant, cases }: CaseGroup<Taint>): readonly RemedyDraft[] {
  const there = nodes.map(({ name }) => name)
  const silence = wait(
    ['Silence while the node is being mended'],
    ['The count ends when the node is Ready, or its Node object is deleted.'],
    { choice: true },
  )
  if (variant === 'going-away')
    return [
      wait(
        ['Wait: the node is on its way out'],
        ['It also carries a taint that says so: it stops answering because it is being removed.'],
      ),
    ]
  if (variant === 'new')
    return [
      wait(
        ['Wait: the node is starting'],
        ['It joined less than five minutes ago; most nodes are Ready within three.'],
      ),
      mend(there),
    ]
  if (variant === 'ready-again') {
    const key = cases[0].evidence.key
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: ['See why the taint is not taken off'],
        why: words`The node lifecycle controller takes ${code(key)} off within seconds of Ready: see whether kube-controller-manager is running.`,
        commands: ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
      },
      silence,
    ]
  }
  return [mend(there), silence]
}

function mend(nodes: readonly string[]): RemedyDraft {
  const shown = nodes.slice(0, 3)
  return {
    kind: 'fix-node',
    horizon: 'now',
    title:
      nodes.length === 1
        ? words`Mend node ${code(nodes[0] ?? '')}`
        : [`Mend the ${nodes.length} nodes`],
    why: [
      'Bring the kubelet back: machine, network, disk, container runtime. Or delete the Node object, if the machine is gone for good.',
    ],
    commands: [
      `kubectl describe node ${shown.join(' ')}`,
      ...(nodes.length === 1
        ? [`kubectl delete node ${shown.join(' ')}   # only if the machine is gone for good`]
        : []),
    ],
  }
}
