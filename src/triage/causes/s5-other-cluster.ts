import { code, type Words, words } from '../../words/words.ts'
import type { Context } from '../facts/facts.ts'
import { namespaceOf, type SnapshotIndex } from '../facts/snapshot-index.ts'
import type { AbsenceCause, Subject } from '../findings/status-cause.ts'

/** There is no such DaemonSet here: the alert is another cluster's, or the DaemonSet was deleted. It has no facts, so it stands apart from the others. */
export const otherCluster: AbsenceCause = {
  id: 'S5',
  about: 'no-daemonset',
  cause: 'no-such-daemonset',
  title: 'There is no such DaemonSet here: another cluster, or deleted',
  nothingToFix: true,
  headline: ({ who, many, variant }) => {
    if (variant === 'other-cluster') return words`The alert for ${who} is of another cluster`
    return variant === 'deleted'
      ? words`${who} ${many ? 'are' : 'is'} gone; the alert will follow`
      : words`There is no ${who} in this cluster`
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
      summary: words`There is no DaemonSet ${code(name)} here. ${SAYS[variant]}`,
      why: [
        'The alert comes from a metric of the DaemonSet object. Without the object the metric ends, and the alert with it.',
      ],
      perNode: [],
      evidence: evidence(subject, index, context),
      remedies: [
        {
          kind: 'none',
          horizon: 'now',
          recommended: true,
          tempting: false,
          title: [
            variant === 'other-cluster'
              ? 'Send this alert to the other cluster'
              : 'Nothing to do here',
          ],
          why: [
            variant === 'other-cluster'
              ? "Route alerts by their cluster label, each to its own cluster's receiver."
              : 'If the alert stays for more than some minutes, see which cluster it comes from.',
          ],
          predict: null,
        },
      ],
      // Alerts that came to the wrong cluster came together: one cause, one incident, however many.
      root: variant === 'deleted' ? name : `S5 ${variant}`,
    }
  },
}

type Variant = 'other-cluster' | 'deleted' | 'not-found'

const SAYS: Readonly<Record<Variant, string>> = {
  'other-cluster': "The alert's cluster label names another cluster.",
  deleted: 'Pods or events of it are left, so it was deleted; the alert ends by itself.',
  'not-found':
    'Either it was deleted, or the alert is of another cluster: nothing here tells which.',
}

function variantOf(subject: Subject, index: SnapshotIndex, { alert, cluster }: Context): Variant {
  if (alert?.cluster !== undefined && cluster !== undefined && alert.cluster !== cluster)
    return 'other-cluster'
  return leftovers(subject, index) ? 'deleted' : 'not-found'
}

function leftovers({ namespace, name }: Subject, index: SnapshotIndex): boolean {
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
    words`${index.snapshot.daemonSets.length} DaemonSets were read, none is ${code(`${namespace}/${name}`)}`,
  ]
  if (
    index.has('namespaces') &&
    !index.snapshot.namespaces?.some(({ metadata }) => metadata.name === namespace)
  )
    lines.push(words`there is no namespace ${code(namespace)} either`)
  if (alert?.cluster !== undefined)
    lines.push(
      words`the alert's cluster label is ${code(alert.cluster)}${cluster === undefined ? '' : words`; this cluster is ${code(cluster)}`}`,
    )
  return lines
}
