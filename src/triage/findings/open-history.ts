import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, joined, type Words, words } from '../../words/words.ts'
import type { Cases, Misscheduling } from '../facts/facts.ts'
import { wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { JOINING_MS } from '../taints/early-binding.ts'
import { isOfAnotherTaint, taintedBy } from '../taints/taint-history.ts'

/**
 * How sure it is that the taint was added after the pod was placed. `dated`: a time of the taint
 * itself says so. `not-tolerated`: the pod does not tolerate it, so it could not have been placed
 * with the taint there. `likely`: the taint list was last changed after the pod was created.
 * `open`: nothing says so.
 */
export type Order = 'dated' | 'not-tolerated' | 'likely' | 'open'

/** What shows that the taint is newer than the pod. */
export function orderOf({ node, pod }: Misscheduling, taint: Taint): Order {
  const tainted = taintedBy(node, taint)
  if (tainted?.exact) return 'dated'
  // Every daemon pod has the automatic tolerations, so none at all means that they were not read.
  if (pod.pod.spec?.tolerations !== undefined) return 'not-tolerated'
  const isOwn = tainted !== undefined && !isOfAnotherTaint(node, taint)
  return isOwn && pod.created !== undefined && tainted.at > pod.created ? 'likely' : 'open'
}

/** The taint was added to the node later. */
export const ADDED_LATER: Words = ['the taint was added later (T3)']

/** The pod may have been bound while the node joined; undefined if its times exclude that. */
export function joinedFirst({ node, pod }: Misscheduling): Words | undefined {
  const registered = milliseconds(node.node.metadata.creationTimestamp)
  const bound = pod.bound ?? pod.created
  if (registered !== undefined && bound !== undefined && bound - registered > JOINING_MS)
    return undefined
  return ['the pod was bound while the node joined, before it had the taint (T6)']
}

/** The template may have had the toleration; undefined if the pod is of the current one. */
function templateLostIt({ facts, pod }: Misscheduling): Words | undefined {
  if (pod.current === true) return undefined
  return isRollingUpdate(facts.daemonSet)
    ? ['an older template tolerated the taint, and the rollout has not reached the pod (T8)']
    : ['an older template tolerated the taint, and OnDelete keeps its pods (T7)']
}

/** Something may have added the toleration to the pod. */
const ADMISSION: Words = ['something added the toleration when the pod was admitted (T9)']

/** How the pod may have got a toleration that the template does not have. */
export function historiesOf(misscheduling: Misscheduling): readonly Words[] {
  return [templateLostIt(misscheduling), ADMISSION].filter((one) => one !== undefined)
}

/** `historiesOf` a pod whose tolerations were not read; empty if they were. */
export function unreadTolerations(misscheduling: Misscheduling): readonly Words[] {
  return misscheduling.pod.pod.spec?.tolerations === undefined ? historiesOf(misscheduling) : []
}

/** One line of evidence with everything that fits. */
export function openLine({ node, pod }: Misscheduling, causes: readonly Words[]): Words {
  const isTolerating = causes.includes(ADMISSION) && !causes.includes(ADDED_LATER)
  const question = isTolerating
    ? words`where pod ${code(pod.name)} got its toleration is open`
    : words`how pod ${code(pod.name)} and the taint on ${code(node.name)} came together is open`
  return words`${question}: ${joined(causes, ', or ')}`
}

/** Waiting until the open question is decided, with the commands that decide it. */
export function decideFirst(
  { facts, nodes, pods }: Cases<unknown>,
  by: readonly ('managed-fields' | 'tolerations' | 'revisions')[],
): RemedyDraft {
  const commands = {
    'managed-fields': `kubectl get node ${nodes[0]?.name ?? ''} -o yaml --show-managed-fields   # who wrote f:taints, and when`,
    tolerations: `kubectl -n ${facts.namespace} get pod ${pods[0]?.name ?? ''} -o jsonpath='{.spec.tolerations}'`,
    revisions: `kubectl -n ${facts.namespace} get controllerrevisions -o yaml   # the older templates`,
  }
  return {
    ...wait(
      by.includes('managed-fields')
        ? ['Silence, and find out how pod and taint came together']
        : ['Silence, and find out where the toleration came from'],
      ['Several causes fit, and they ask for different answers. The evidence lists them.'],
    ),
    commands: by.map((one) => commands[one]),
  }
}

/** The drafts with the question in the place of the deletion, which becomes a choice. */
export function askFirst(
  drafts: readonly (RemedyDraft | undefined)[],
  question: RemedyDraft,
): readonly (RemedyDraft | undefined)[] {
  const at = drafts.findIndex((draft) => draft?.kind === 'delete-pod')
  const place = at === -1 ? drafts.length : at
  const asked = drafts.map((draft) =>
    draft?.kind === 'delete-pod' && !draft.tempting ? { ...draft, choice: true } : draft,
  )
  return withoutWaiting([...asked.slice(0, place), question, ...asked.slice(place)])
}

/** The drafts with nothing recommended but the question: what is right depends on its answer. */
export function askOnly(
  drafts: readonly (RemedyDraft | undefined)[],
  question: RemedyDraft,
): readonly (RemedyDraft | undefined)[] {
  const asked = drafts.map((draft) =>
    draft && !draft.tempting ? { ...draft, choice: true } : draft,
  )
  return withoutWaiting([question, ...asked])
}

// Waiting for the answer is right, so waiting is neither called wrong nor offered twice.
function withoutWaiting(drafts: readonly (RemedyDraft | undefined)[]) {
  return drafts.filter((draft) => draft?.kind !== 'wait' || draft.commands !== undefined)
}

/** Whether managedFields are hidden, so that nothing shows when the taint was added. */
export function hidesManagedFields({ node }: Misscheduling): boolean {
  return node.node.metadata.managedFields === undefined
}
