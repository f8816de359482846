import { isReady } from '../../daemonset/pod-state.ts'
import type { Pod, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import { type DaemonSetFacts, type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { type KnownTaint, knownTaint } from '../taints/taints.ts'

interface Gate {
  readonly taint: Taint
  readonly known: KnownTaint
  /** `itself`: the DaemonSet is the one that takes the taint off. */
  readonly state: 'starting' | 'stuck' | 'itself'
}

/** A taint that the node was born with, and that the component which takes it off has not taken off. */
export const startUpTaint = defineCause<Gate>({
  id: 'T5',
  cause: 'start-up-taint',
  title: 'A start-up taint was never lifted',
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
    const waits = variant === 'starting' ? 'still starting' : 'stuck in start-up'
    return words`${nodesTitle(nodes)} ${nodes.length === 1 ? 'is' : 'are'} ${waits} (${code(key ?? '')}); ${who} ${many ? 'count' : 'counts'} as misscheduled there`
  },
  explain({ facts, nodes, pods, cases, variant }) {
    const { taint, known } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, whose start-up taint ${code(taint.key)} is still on.`,
      why: words`The taint goes ${known.ends}. ${code(facts.name)} does not tolerate it, so it counts as misscheduled until then.`,
      perNode: nodes.map((node) => ({
        node: node.name,
        reason: words`start-up taint still on${born(node)}`,
      })),
      evidence: nodes
        .slice(0, 5)
        .map((node) => words`${code(node.name)}${born(node)}; ${lifterWords(facts, node, known)}`),
      drafts: [
        ...nowOffers(facts, nodes, taint, known, variant),
        deletePods(facts, pods, {
          horizon: 'now',
          tempting: true,
          why: ['The pod is in the right place and would be missing until the taint goes.'],
        }),
        variant === 'itself'
          ? tolerate(facts, nodes, taint, {
              horizon: 'for-good',
              why: [
                'It is what takes the taint off, so it must tolerate it: otherwise a node that loses its pod never starts.',
              ],
            })
          : nothing([
              'The taint does its work. Only what has to run before the node is up should tolerate it.',
            ]),
      ],
    }
  },
})

function stateOf(
  { daemonSet, index }: DaemonSetFacts,
  { node }: NodeFacts,
  known: KnownTaint,
): Gate['state'] {
  if (known.remover && new RegExp(known.remover).test(daemonSet.metadata.name)) return 'itself'
  const created = milliseconds(node.metadata.creationTimestamp)
  return created !== undefined && index.now - created < (known.limitSeconds ?? 600) * 1000
    ? 'starting'
    : 'stuck'
}

function nowOffers(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
  known: KnownTaint,
  variant: string | null,
): readonly RemedyDraft[] {
  const tool = known.tool ?? 'the component that takes it off'
  const [first] = nodes
  const mend: RemedyDraft = {
    kind: 'fix-node',
    horizon: 'now',
    title: [`See why ${tool} does not take it off`],
    why: first
      ? words`Usual time: ${known.lasts}. On ${code(first.name)}: ${lifterWords(facts, first, known)}.`
      : words`Usual time: ${known.lasts}.`,
    commands: first
      ? [
          `kubectl get pods -A -o wide --field-selector spec.nodeName=${first.name}`,
          `kubectl describe node ${first.name}`,
        ]
      : [],
  }
  const toleration = (tempting: boolean) =>
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting,
      why: tempting
        ? ['It hides a node that has not come up.']
        : ['It is what takes the taint off: without the toleration nothing ever will.'],
    })
  if (variant === 'itself') return [toleration(false), { ...mend }]
  if (variant === 'starting')
    return [
      wait(['Wait: the node is starting'], words`This taint lasts ${known.lasts}.`),
      mend,
      toleration(true),
    ]
  return [
    mend,
    wait(['Silence while it is being repaired'], ['Nothing else will end it.'], { choice: true }),
    toleration(true),
  ]
}

function born({ node }: NodeFacts): Words {
  return node.metadata.creationTimestamp
    ? words`, node made at ${time(node.metadata.creationTimestamp)}`
    : []
}

function lifterWords({ index }: DaemonSetFacts, { name }: NodeFacts, known: KnownTaint): Words {
  if (!known.remover) return words`set by ${known.setBy}`
  const pattern = new RegExp(known.remover)
  const pods = index
    .podsOn(name)
    .filter(
      ({ metadata }) =>
        pattern.test(metadata.name) ||
        (metadata.ownerReferences ?? []).some((owner) => pattern.test(owner.name)),
    )
  const [pod] = pods
  if (!pod) return words`no pod of ${known.tool ?? 'the component that takes it off'} is on it`
  return words`${code(`${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`)} is there and ${podWords(pod)}`
}

function podWords(pod: Pod): string {
  if (isReady(pod)) return 'Ready'
  return `not Ready (${pod.status?.phase ?? 'phase unknown'})`
}
