import { isReady } from '../../daemonset/object-state.ts'
import type { Pod, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import {
  aside,
  code,
  joined,
  names,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { type DaemonSetFacts, type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { whyKeepPods } from '../taints/right-node.ts'
import { type KnownTaint, knownTaint } from '../taints/taints.ts'

interface StartupTaint {
  readonly taint: Taint
  readonly known: KnownTaint
  /** `itself`: the DaemonSet is the one that removes the taint. */
  readonly state: 'starting' | 'stuck' | 'itself'
}

/** A taint that the node registered with, and that the component in charge has not removed. */
export const startUpTaint = defineCause<StartupTaint>({
  id: 'T5',
  cause: 'start-up-taint',
  title: 'A startup taint was never removed',
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    const known = taint && knownTaint(taint.key)
    if (!taint || known?.class !== 'start-up') return undefined
    return { taint, known, state: stateOf(misscheduling.facts, misscheduling.node, known) }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline({ nodes, who, many, key, variant }) {
    const state = variant === 'starting' ? 'still starting' : 'stuck in startup'
    return words`${nodesTitle(nodes)} ${plural(nodes.length, 'is', 'are')} ${state}${aside(key)}; ${who} ${many ? 'are' : 'is'} misscheduled there`
  },
  past: ({ nodes, key, variant }) =>
    words`${theNodes(nodes)} ${plural(nodes.length, 'was', 'were')} ${variant === 'starting' ? 'starting' : 'stuck in startup'}${aside(key)}`,
  explain(group) {
    const { facts, nodes, pods, cases, variant } = group
    const { taint, known } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, which still ${plural(nodes.length, 'has', 'have')} the startup taint ${code(taint.key)}.`,
      ifIgnored: [ifIgnored(group)],
      why: words`The taint goes away ${known.ends}. Daemon pods that do not tolerate it count as misscheduled until then.`,
      perNode: nodes.map((node) => ({
        node: node.name,
        reason: words`startup taint still on${created(node)}`,
      })),
      evidence: nodes
        .slice(0, 5)
        .map(
          (node) =>
            words`${code(node.name)}: ${joined([...createdAt(node), remover(facts, node, known)], '; ')}`,
        ),
      drafts: [
        ...draftsNow(group),
        deletePods(facts, pods, {
          horizon: 'now',
          tempting: true,
          why: [whyKeepPods({ facts, nodes }, 'until the taint goes away')],
        }),
        variant === 'itself'
          ? tolerate(facts, nodes, taint, {
              horizon: 'for-good',
              why: [
                'It removes the taint, so it must tolerate it. Otherwise a node that loses its pod never starts.',
              ],
            })
          : nothing([
              'The taint works as intended. Only what has to run before the node is up should tolerate it.',
            ]),
      ],
    }
  },
})

const STAYS_CLOSED = 'Ordinary pods cannot start there until the taint goes away.'

const IF_IGNORED: Readonly<Record<string, string>> = {
  starting: 'It ends when startup is done, usually within minutes.',
  itself: 'Nothing removes the taint, so ordinary pods cannot start there.',
}

/** A pod that should remove the taint and is Ready may still do so. */
function ifIgnored({ facts, nodes, variant, cases: [first] }: CaseGroup<StartupTaint>): string {
  const mayEnd = nodes.some(({ name }) => {
    const pod = removerPod(facts, name, first.evidence.known)
    return pod !== undefined && isReady(pod)
  })
  return variant === 'itself' && mayEnd ? STAYS_CLOSED : (IF_IGNORED[variant ?? ''] ?? STAYS_CLOSED)
}

function stateOf(
  { daemonSet, index }: DaemonSetFacts,
  { node }: NodeFacts,
  known: KnownTaint,
): StartupTaint['state'] {
  if (known.remover && new RegExp(known.remover).test(daemonSet.metadata.name)) return 'itself'
  const created = milliseconds(node.metadata.creationTimestamp)
  return created !== undefined && index.now - created < (known.limitSeconds ?? 600) * 1000
    ? 'starting'
    : 'stuck'
}

function draftsNow({
  facts,
  nodes,
  cases,
  variant,
}: CaseGroup<StartupTaint>): readonly RemedyDraft[] {
  const { taint, known } = cases[0].evidence
  const investigate = investigation(facts, nodes, known)
  const toleration = (tempting: boolean) =>
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting,
      why: tempting
        ? ['It hides a node that has not finished starting.']
        : whyTolerateItself(facts, nodes, known),
    })
  if (variant === 'itself') return [toleration(false), investigate]
  if (variant === 'starting')
    return [
      wait(['Wait: the node is starting'], words`This taint lasts ${known.lasts}.`),
      investigate,
      toleration(true),
    ]
  return [
    investigate,
    wait(['Silence while it is being fixed'], ['Nothing else ends it.'], { choice: true }),
    toleration(true),
  ]
}

/** Why what removes the taint has to tolerate it, and what its pod there does. */
function whyTolerateItself(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  known: KnownTaint,
): Words {
  const first = nodes.flatMap(({ name }) => removerPod(facts, name, known) ?? [])[0]
  if (first === undefined)
    return ['It is what removes the taint, and without the toleration it cannot start there.']
  return words`${IT_REMOVES} Its pod ${code(first.metadata.name)} is ${readiness(first)}, and the taint is still there: read its log before the rollout restarts it.`
}

const IT_REMOVES = 'It is what removes the taint, so it must tolerate it.'

function investigation(
  facts: DaemonSetFacts,
  [first]: readonly NodeFacts[],
  known: KnownTaint,
): RemedyDraft {
  return {
    kind: 'fix-node',
    horizon: 'now',
    title: [`Find out why ${known.tool ?? REMOVER} does not remove it`],
    why: first
      ? words`Usual time: ${known.lasts}. On ${code(first.name)}: ${remover(facts, first, known)}.`
      : words`Usual time: ${known.lasts}.`,
    commands: first ? commands(facts, first, known) : [],
  }
}

function commands(facts: DaemonSetFacts, { name }: NodeFacts, known: KnownTaint): string[] {
  const pod = removerPod(facts, name, known)
  const describeNode = `kubectl describe node ${name}`
  if (!pod)
    return [`kubectl get pods -A -o wide --field-selector spec.nodeName=${name}`, describeNode]
  const where = `kubectl -n ${pod.metadata.namespace ?? 'default'}`
  return [
    `${where} logs ${pod.metadata.name} --all-containers --tail=50`,
    `${where} describe pod ${pod.metadata.name}`,
    describeNode,
  ]
}

const REMOVER = 'the component that removes it'

function createdAt({ node }: NodeFacts): readonly Words[] {
  const at = node.metadata.creationTimestamp
  return at ? [words`created at ${time(at)}`] : []
}

function created({ node }: NodeFacts): Words {
  return node.metadata.creationTimestamp
    ? words`, node created at ${time(node.metadata.creationTimestamp)}`
    : []
}

/** Whether what removes the taint is on the node, if it runs as a pod there. */
function remover(facts: DaemonSetFacts, { name }: NodeFacts, known: KnownTaint): Words {
  if (!known.remover) return words`set by ${known.setBy}`
  const pod = removerPod(facts, name, known)
  if (!pod) return words`no pod of ${known.tool ?? REMOVER} is on the node`
  return words`${code(`${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`)} is on the node and ${readiness(pod)}`
}

/** The pod on the node that should remove the taint. */
function removerPod({ index }: DaemonSetFacts, node: string, known: KnownTaint): Pod | undefined {
  if (!known.remover) return undefined
  const pattern = new RegExp(known.remover)
  return index
    .podsOn(node)
    .find(
      ({ metadata }) =>
        pattern.test(metadata.name) ||
        (metadata.ownerReferences ?? []).some((owner) => pattern.test(owner.name)),
    )
}

function readiness(pod: Pod): string {
  if (isReady(pod)) return 'Ready'
  return `not Ready (${pod.status?.phase ?? 'phase unknown'})`
}
