import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { type Owner, undoesPatches } from '../../ownership/ownership.ts'
import { code, listed, names, plural, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { isNodeInfrastructure, roleTitle } from '../facts/role.ts'
import type { RemedyDraft } from './remedy.ts'

/** What a caller decides about a draft. */
export type DraftPart = Pick<RemedyDraft, 'horizon' | 'why'> &
  Partial<Pick<RemedyDraft, 'title' | 'tempting' | 'choice' | 'answer'>>

/** Waiting, with a silence for that time. Nothing changes, so nothing is simulated. */
export function wait(
  title: Words,
  why: Words,
  part: Partial<Pick<RemedyDraft, 'tempting' | 'choice' | 'bridges'>> = {},
): RemedyDraft {
  return { kind: 'wait', horizon: 'now', title, why, ...part }
}

/**
 * Waiting although it does not end on its own: wrong, unless an owner that undoes patches must roll
 * out the permanent fix first.
 */
export function waitForFix(
  { owner }: DaemonSetFacts,
  why: Words = ['It does not end on its own.'],
): RemedyDraft {
  return undoesPatches(owner)
    ? silenceUntilFixed(owner, { choice: true })
    : wait(['Wait'], why, { tempting: true })
}

/** Waiting for the permanent fix, because an owner undoes every other one. */
export function silenceUntilFixed(
  owner: Owner,
  part: Partial<Pick<RemedyDraft, 'choice'>> = {},
): RemedyDraft {
  return wait(
    [
      owner.takesNone
        ? 'Silence until the provider or the node pool has changed'
        : 'Silence until the permanent fix is rolled out',
    ],
    words`A patch does not last: ${owner.takesNone ? 'only its provider can add a toleration' : 'the toleration has to be added at its source'}. ${owner.revert}`,
    { ...part, bridges: true },
  )
}

/** No change for good, and why none is needed. */
export function nothing(why: Words): RemedyDraft {
  return { kind: 'none', horizon: 'for-good', title: ['Nothing to change'], why }
}

/**
 * Deleting the misscheduled pods. undefined: none can be deleted, or other pods on the node need
 * them.
 */
export function deletePods(
  facts: DaemonSetFacts,
  pods: readonly PodFacts[],
  part: DraftPart,
): RemedyDraft | undefined {
  const deletable = pods.filter(
    ({ state }) => state === 'live' || state === 'unbound' || state === 'terminal',
  )
  if (deletable.length === 0 || isNodeInfrastructure(facts.role)) return undefined
  return deletionDraft(
    facts,
    deletable.map(({ name }) => name),
    part,
  )
}

/** Deleting the pods with these names. */
export function deletionDraft(
  facts: DaemonSetFacts,
  names: readonly string[],
  part: DraftPart,
): RemedyDraft {
  return {
    kind: 'delete-pod',
    title: names.length === 1 ? ['Delete the pod'] : words`Delete the ${names.length} pods`,
    ...part,
    commands: [`kubectl -n ${facts.namespace} delete pod ${commandNames(names)}`],
    change: { kind: 'delete-pods', pods: names },
  }
}

/** Force-deletion, which is wrong for these pods. It names them if others are misscheduled too. */
export function forceDelete(
  { nodes }: Pick<DaemonSetFacts, 'nodes'>,
  pods: readonly PodFacts[],
  why: string,
): RemedyDraft {
  const isAll = nodes.every((node) => node.pods.every((pod) => pods.includes(pod)))
  return {
    kind: 'delete-pod',
    horizon: 'now',
    tempting: true,
    title: isAll
      ? [`Force-delete the ${plural(pods.length, 'pod', 'pods')}`]
      : words`Force-delete ${names(pods, 2)}`,
    why: [why],
  }
}

/** The names of the pods that the draft deletes. */
export function podsOf({ change }: RemedyDraft): readonly string[] {
  return change?.kind === 'delete-pods' ? change.pods : []
}

/** The tolerations that the draft adds. */
export function tolerationsOf({ change }: RemedyDraft): readonly Toleration[] {
  return change?.kind === 'tolerate' ? change.tolerations : []
}

/** Why deleting a pod of this DaemonSet is not offered; empty if it is. */
export function infrastructureNote(facts: DaemonSetFacts): Words {
  return isNodeInfrastructure(facts.role)
    ? words`Deleting its pod is not offered: it is ${roleTitle(facts.role)} (it ${facts.role.evidence}), and other pods on the node need it.`
    : []
}

/** Removing the taint from these nodes, and uncordoning the cordoned ones in the command. */
export function removeTaint(
  nodes: readonly NodeFacts[],
  taint: Taint,
  part: DraftPart,
): RemedyDraft {
  const names = nodes.map(({ name }) => name)
  const cordoned = nodes.filter(({ node }) => node.spec?.unschedulable).map(({ name }) => name)
  return {
    kind: 'remove-taint',
    title:
      names.length === 1
        ? words`Remove the taint ${code(taint.key)} from ${listed(names)}`
        : words`Remove the taint ${code(taint.key)} from these ${names.length} nodes`,
    ...part,
    commands: [
      `kubectl taint node ${commandNames(names, `${taint.key}:${taint.effect}-`)}`,
      ...(cordoned.length > 0 ? [`kubectl uncordon ${commandNames(cordoned)}`] : []),
    ],
    change: { kind: 'remove-taint', nodes: names, key: taint.key, effect: taint.effect },
  }
}

/**
 * An annotation on the DaemonSet, which makes the controller recount. It is not in the template, so
 * no pod restarts.
 */
export function recountDraft(
  { namespace, name }: DaemonSetFacts,
  why: Words,
  part: Pick<RemedyDraft, 'tempting' | 'choice'> = {},
): RemedyDraft {
  return {
    kind: 'recount',
    horizon: 'now',
    title: words`Trigger a recount of ${code(name)}`,
    why: part.tempting ? why : words`${why} This sets an annotation; no pod restarts.`,
    ...part,
    commands: [
      `kubectl -n ${namespace} annotate daemonset ${name} daemonset-triage/recount="$(date +%s)" --overwrite`,
    ],
    change: { kind: 'recount' },
  }
}

const MOST_NAMES = 20

/** Names for a command line, at most 20, and what follows them. */
function commandNames(names: readonly string[], then = ''): string {
  const line = [...names.slice(0, MOST_NAMES), ...(then ? [then] : [])].join(' ')
  return names.length > MOST_NAMES ? `${line}   # and ${names.length - MOST_NAMES} more` : line
}

/** What to do if no kube-controller-manager renews its Lease or processes the DaemonSet. */
export const bringControllerManagerBack: RemedyDraft = {
  kind: 'repair-controller',
  horizon: 'now',
  title: ['Bring kube-controller-manager back'],
  why: [
    'It updates all counts within seconds of leading again. Check its pods or units on the control plane, and its log.',
  ],
  commands: [
    'kubectl -n kube-system get lease kube-controller-manager -o yaml',
    'kubectl -n kube-system get pods -l component=kube-controller-manager -o wide',
  ],
}
