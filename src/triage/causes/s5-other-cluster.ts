import { code, counted, type Words, words } from '../../words/words.ts'
import type { Context } from '../facts/facts.ts'
import { namespaceOf, type SnapshotIndex } from '../facts/snapshot-index.ts'
import type { AbsenceCause, Subject } from '../findings/status-cause.ts'

/**
 * There is no such DaemonSet here: the alert is another cluster's, or the DaemonSet was deleted.
 */
export const otherCluster: AbsenceCause = {
  id: 'S5',
  about: 'no-daemonset',
  cause: 'no-such-daemonset',
  title: 'This cluster has no such DaemonSet: it is in another cluster, or deleted',
  isFalseAlarm: (variant) => variant === 'deleted',
  headline: ({ who, many, variant }) => {
    if (variant === 'other-cluster') return words`The alert for ${who} comes from another cluster`
    return variant === 'deleted'
      ? words`${who} ${many ? 'are' : 'is'} gone; the alert should resolve shortly`
      : words`${who} ${many ? 'are' : 'is'} not in this cluster`
  },
  past: ({ who, many, variant }) => {
    if (variant === 'other-cluster') return words`the alert for ${who} came from another cluster`
    const were = many ? 'were' : 'was'
    return variant === 'deleted'
      ? words`${who} ${were} deleted`
      : words`${who} ${were} not in this cluster`
  },
  finding(subject, index, context) {
    const variant = variantOf(subject, index, context)
    const name = `${subject.namespace}/${subject.name}`
    return {
      id: 'S5',
      about: 'no-daemonset',
      heldBy: null,
      cause: 'no-such-daemonset',
      variant,
      key: null,
      nodes: [],
      pods: [],
      // In the other cluster, pods may be wrong.
      ...(variant !== 'deleted' && { isOpen: true }),
      summary: words`There is no DaemonSet ${code(name)} here. ${REASONS[variant]}`,
      ifIgnored: IF_IGNORED[variant],
      why: WHY[variant],
      perNode: [],
      evidence: evidence(subject, index, context),
      remedies: [
        {
          kind: 'none',
          horizon: 'now',
          recommended: true,
          tempting: false,
          ...ANSWERS[variant],
          predict: null,
        },
      ],
      // Alerts that went to the wrong cluster have one cause: one incident, however many they are.
      limits: [],
      root: variant === 'deleted' ? name : `S5 ${variant}`,
    }
  },
}

type Variant = 'other-cluster' | 'deleted' | 'not-found'

const REASONS: Readonly<Record<Variant, string>> = {
  'other-cluster': "The alert's cluster label names another cluster.",
  deleted: 'Pods or events of it are left, so it was deleted; the alert ends on its own.',
  'not-found':
    'Either it was deleted or the alert comes from another cluster; nothing here shows which.',
}

const WITHOUT_OBJECT: Words = [
  'The alert comes from a metric of the DaemonSet object. Without the object the metric ends, and the alert with it.',
]

const WHY: Readonly<Record<Variant, Words>> = {
  'other-cluster': ['The bot reads one cluster, so it cannot say whether the alert is right.'],
  deleted: WITHOUT_OBJECT,
  'not-found': WITHOUT_OBJECT,
}

const IF_IGNORED: Readonly<Record<Variant, Words>> = {
  'other-cluster': ['Whether pods are wrong in the other cluster stays unknown here.'],
  deleted: ['The alert should end within minutes.'],
  'not-found': ['If it was deleted, the alert should end within minutes.'],
}

const NOTHING_TO_DO = {
  title: ['Nothing to do here'],
  why: [
    'If the alert keeps firing for more than a few minutes, find out which cluster it comes from.',
  ],
}

const ANSWERS: Readonly<Record<Variant, { readonly title: Words; readonly why: Words }>> = {
  'other-cluster': {
    title: ['Send this alert to the other cluster'],
    why: ["Route alerts by their cluster label, each to its own cluster's receiver."],
  },
  deleted: NOTHING_TO_DO,
  'not-found': NOTHING_TO_DO,
}

function variantOf(subject: Subject, index: SnapshotIndex, { alert, cluster }: Context): Variant {
  if (alert?.cluster !== undefined && cluster !== undefined && alert.cluster !== cluster)
    return 'other-cluster'
  return hasTraces(subject, index) ? 'deleted' : 'not-found'
}

/** Whether events or pods of such a DaemonSet are left. */
function hasTraces({ namespace, name }: Subject, index: SnapshotIndex): boolean {
  if (index.eventsOf('DaemonSet', namespace, name).length > 0) return true
  return index.snapshot.pods.some(
    (pod) =>
      namespaceOf(pod) === namespace &&
      (pod.metadata.ownerReferences ?? []).some(
        (owner) => owner.kind === 'DaemonSet' && owner.name === name,
      ),
  )
}

function evidence(
  { namespace, name }: Subject,
  index: SnapshotIndex,
  { alert, cluster }: Context,
): readonly Words[] {
  const lines: Words[] = [
    words`${counted(index.snapshot.daemonSets.length, 'DaemonSet was', 'DaemonSets were')} read; none is ${code(`${namespace}/${name}`)}`,
  ]
  if (
    index.has('namespaces') &&
    !index.snapshot.namespaces?.some(({ metadata }) => metadata.name === namespace)
  )
    lines.push(words`namespace ${code(namespace)} does not exist either`)
  if (alert?.cluster !== undefined)
    lines.push(
      words`the alert's cluster label is ${code(alert.cluster)}${cluster === undefined ? '' : words`; this cluster is ${code(cluster)}`}`,
    )
  return lines
}
