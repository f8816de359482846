import { selectsEverything } from '../../daemonset/label-selector.ts'
import { isReadyNode } from '../../daemonset/object-state.ts'
import { code, counted, time, type Words, words } from '../../words/words.ts'
import { staleLease } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { POD_STATES, podState } from '../facts/pod-facts.ts'
import type { CauseReport } from '../findings/report.ts'
import { defineStatusCause } from '../findings/status-cause.ts'
import {
  type Deletion,
  deletionDrafts,
  deletionEnd,
  finalizerWriter,
  isLate,
  ownFinalizers,
} from '../remedies/deletion-drafts.ts'
import { nothing, wait } from '../remedies/drafts.ts'

interface Frozen extends Deletion {
  /** `deletion-held`: a finalizer that is not the garbage collector's has held the deletion for minutes. */
  readonly by: 'deletion' | 'deletion-held' | 'empty-selector'
}

/**
 * The controller no longer writes the status: the DaemonSet is being deleted, or selects
 * everything.
 */
export const statusFrozen = defineStatusCause<Frozen>({
  id: 'S3',
  cause: 'status-frozen',
  title: 'The status is frozen: the DaemonSet is being deleted, or its selector is empty',
  standsAlone: true,
  headline({ who, many, variant }) {
    if (variant === 'empty-selector')
      return words`${who} ${many ? 'have' : 'has'} an empty selector: the controller does nothing`
    const are = many ? 'are' : 'is'
    return variant === 'deletion-held'
      ? words`${who} ${are} being deleted and held by a finalizer; waiting does not end it`
      : words`${who} ${are} being deleted; until that finishes, the count is frozen`
  },
  past({ who, many, variant }) {
    const were = many ? 'were' : 'was'
    return variant === 'empty-selector'
      ? words`${who} had an empty selector`
      : words`${who} ${were} being deleted${variant === 'deletion-held' ? ' and held by a finalizer' : ''}`
  },
  diagnose(facts) {
    const { daemonSet, recount, index } = facts
    const deleting = daemonSet.metadata.deletionTimestamp !== undefined
    if (!deleting && !selectsEverything(daemonSet.spec.selector)) return undefined
    const finalizers = daemonSet.metadata.finalizers ?? []
    const isHeld = ownFinalizers(finalizers).length > 0 && isLate(facts)
    return {
      by: !deleting ? 'empty-selector' : isHeld ? 'deletion-held' : 'deletion',
      finalizers,
      left: recount.claimed.map((pod) => {
        const node = index.node(pod.spec?.nodeName ?? '')
        return {
          name: pod.metadata.name,
          node: pod.spec?.nodeName ?? 'no node',
          state: podState(pod, index.now),
          finalizers: pod.metadata.finalizers ?? [],
          down: node !== undefined && !isReadyNode(node),
        }
      }),
    }
  },
  variant: ({ by }) => by,
  explain: (facts, frozen) =>
    frozen.by === 'empty-selector' ? emptySelector(facts) : deletion(facts, frozen),
})

function deletion(facts: DaemonSetFacts, frozen: Frozen): CauseReport {
  const since = facts.daemonSet.metadata.deletionTimestamp ?? ''
  const { finalizers, left } = frozen
  const stale = staleLease(facts.index)
  const drafts = deletionDrafts(facts, frozen)
  return {
    summary: words`The deletion of ${code(facts.name)} began at ${time(since)}, and its status is no longer updated.`,
    ifIgnored:
      drafts.find((draft) => draft)?.kind === 'wait'
        ? ['It ends with the deletion.']
        : ['The deletion does not finish, and the alert keeps firing.'],
    why: words`Once a DaemonSet is being deleted, the controller leaves its status as it is. ${deletionEnd(frozen)}`,
    evidence: [
      words`deletionTimestamp ${time(since)}; finalizers: ${finalizers.length > 0 ? code(finalizers.join(', ')) : 'none'}`,
      ...ownFinalizers(finalizers).map((name) => finalizerWriter(facts, name)),
      [`${counted(left.length, 'of its pods is', 'of its pods are')} still there`],
      ...left
        .filter(({ state }) => state !== 'live')
        .slice(0, 4)
        .map(podWords),
      ...(stale ? [stale] : []),
    ],
    drafts: [
      ...drafts,
      {
        kind: 'tolerate',
        horizon: 'now',
        tempting: true,
        title: ['Add a toleration'],
        why: ['The status is frozen, so a toleration will not clear the alert.'],
      },
      nothing(['The alert ends with the DaemonSet.']),
    ],
  }
}

function podWords({ name, node, state, finalizers, down }: Frozen['left'][number]): Words {
  const by = finalizers.length > 0 ? words`; finalizer ${code(finalizers.join(', '))}` : ''
  return words`${code(name)} on ${code(node)}: ${POD_STATES[state]}${down ? ', its node is not Ready' : ''}${by}`
}

function emptySelector(facts: DaemonSetFacts): CauseReport {
  return {
    summary: words`${code(facts.name)} selects every pod of its namespace, so the controller does nothing for it.`,
    ifIgnored: ['The DaemonSet is not managed: no pod is created or removed.'],
    why: words`An empty ${code('spec.selector')} matches every pod. The controller records event ${code('SelectingAll')} and leaves status and pods as they are.`,
    evidence: [words`${code('spec.selector: {}')}`],
    drafts: [
      {
        kind: 'separate-owners',
        horizon: 'now',
        title: ['Recreate the DaemonSet with a selector of its own'],
        why: [
          'A selector cannot be changed: delete the DaemonSet and create it with labels that only its pods have.',
        ],
      },
      wait(['Wait'], ['Nothing ends it on its own.'], { tempting: true }),
      nothing(['It does not come back once the selector is correct.']),
    ],
  }
}
