import { selectsEverything } from '../../daemonset/label-selector.ts'
import { isReadyNode } from '../../daemonset/object-state.ts'
import { milliseconds } from '../../words/time.ts'
import { code, counted, listed, plural, time, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { POD_STATES, type PodState, podState } from '../facts/pod-facts.ts'
import type { CauseReport } from '../findings/report.ts'
import { defineStatusCause } from '../findings/status-cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

interface Frozen {
  readonly by: 'deletion' | 'empty-selector'
  /** Finalizers of the DaemonSet. */
  readonly finalizers: readonly string[]
  /** Pods of the DaemonSet that still exist. */
  readonly left: readonly {
    readonly name: string
    readonly node: string
    readonly state: PodState
    readonly finalizers: readonly string[]
    /** Whether its node is not Ready. */
    readonly down: boolean
  }[]
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
  headline: ({ who, many, variant }) =>
    variant === 'deletion'
      ? words`${who} ${many ? 'are' : 'is'} being deleted; until that finishes, the count is frozen`
      : words`${who} ${many ? 'have' : 'has'} an empty selector: the controller does nothing`,
  diagnose(facts) {
    const { daemonSet, recount, index } = facts
    const deleting = daemonSet.metadata.deletionTimestamp !== undefined
    if (!deleting && !selectsEverything(daemonSet.spec.selector)) return undefined
    return {
      by: deleting ? 'deletion' : 'empty-selector',
      finalizers: daemonSet.metadata.finalizers ?? [],
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
    frozen.by === 'deletion' ? deletion(facts, frozen) : emptySelector(facts),
})

function deletion(facts: DaemonSetFacts, frozen: Frozen): CauseReport {
  const since = facts.daemonSet.metadata.deletionTimestamp ?? ''
  const { finalizers, left } = frozen
  const blocker = blockerDraft(facts, frozen)
  return {
    summary: words`The deletion of ${code(facts.name)} began at ${time(since)}, and its status is no longer updated.`,
    why: words`Once a DaemonSet is being deleted, the controller leaves its status as it is. ${endWords(frozen)}`,
    evidence: [
      words`deletionTimestamp ${time(since)}; finalizers: ${finalizers.length > 0 ? code(finalizers.join(', ')) : 'none'}`,
      [`${counted(left.length, 'of its pods is', 'of its pods are')} still there`],
      ...left
        .filter(({ state }) => state !== 'live')
        .slice(0, 4)
        .map(podWords),
    ],
    drafts: [
      blocker,
      wait(
        ['Wait for the deletion'],
        [
          finalizers.includes('orphan')
            ? 'It ends when the garbage collector has released its pods.'
            : 'It ends when the last of its pods is gone.',
        ],
        blocker ? { choice: true } : {},
      ),
      removeFinalizer(frozen),
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

function endWords({ finalizers, left }: Frozen): Words {
  if (finalizers.includes('foregroundDeletion') && left.length > 0)
    return words`It goes away when its ${plural(left.length, 'last pod is', `last ${left.length} pods are`)} gone.`
  if (finalizers.length > 0)
    return words`It goes away when ${listed(finalizers)} ${plural(finalizers.length, 'is', 'are')} removed.`
  return ['Nothing shows what holds it.']
}

/** What to do about whatever holds the deletion; undefined if it only needs time. */
function blockerDraft(
  facts: DaemonSetFacts,
  { finalizers, left }: Frozen,
): RemedyDraft | undefined {
  const stuck = left.filter(({ state }) => state === 'overdue')
  if (stuck.length > 0) return stuckPodDraft(facts, stuck)
  const others = otherFinalizers(finalizers)
  if (others.length > 0)
    return {
      kind: 'repair-controller',
      horizon: 'now',
      title: words`Fix the controller of ${listed(others)}`,
      why: ['The finalizer is on the DaemonSet itself; its controller has to remove it.'],
      commands: [
        `kubectl -n ${facts.namespace} get daemonset ${facts.name} -o jsonpath='{.metadata.finalizers}'`,
      ],
    }
  const late = isLate(facts) ? collectorDelay(finalizers, left.length) : undefined
  return late === undefined
    ? undefined
    : {
        kind: 'repair-controller',
        horizon: 'now',
        title: ['Find out why the garbage collector does not finish'],
        why: words`${late}. The garbage collector is part of kube-controller-manager: is it running and leading?`,
        commands: ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
      }
}

function stuckPodDraft(
  { namespace }: DaemonSetFacts,
  stuck: readonly Frozen['left'][number][],
): RemedyDraft {
  const withFinalizer = stuck.filter((pod) => pod.finalizers.length > 0)
  if (withFinalizer.length > 0)
    return {
      kind: 'repair-controller',
      horizon: 'now',
      title: words`Fix what holds ${listed(withFinalizer.map(({ name }) => name))}`,
      why: words`A finalizer holds the pod: ${code(withFinalizer[0]?.finalizers.join(', ') ?? '')}. Its controller has to remove it.`,
      commands: [`kubectl -n ${namespace} get pod ${withFinalizer[0]?.name ?? ''} -o yaml`],
    }
  const down = stuck.filter((pod) => pod.down)
  if (down.length > 0)
    return {
      kind: 'fix-node',
      horizon: 'now',
      title: words`Fix or delete node ${listed([...new Set(down.map(({ node }) => node))])}`,
      why: ['Its kubelet does not answer, so its pod never ends and the deletion waits for it.'],
      commands: [`kubectl describe node ${down[0]?.node ?? ''}`],
    }
  return {
    kind: 'fix-node',
    horizon: 'now',
    title: words`Find out why ${listed(stuck.map(({ name }) => name))} does not stop`,
    why: [
      'Its grace period is over and its kubelet answers. Check kubelet and container runtime there.',
    ],
    commands: [`kubectl -n ${namespace} describe pod ${stuck[0]?.name ?? ''}`],
  }
}

function removeFinalizer({ finalizers, left }: Frozen): RemedyDraft | undefined {
  const isHeld = left.some((pod) => pod.state === 'overdue' && pod.finalizers.length > 0)
  if (!isHeld && otherFinalizers(finalizers).length === 0) return undefined
  return {
    kind: 'remove-finalizer',
    horizon: 'now',
    choice: true,
    title: ['Remove the finalizer by hand'],
    why: ['Only if you know what it should clean up: that cleanup is skipped.'],
  }
}

/** The finalizers that are not the garbage collector's. */
function otherFinalizers(finalizers: readonly string[]): readonly string[] {
  return finalizers.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
}

// The garbage collector removes its own finalizers within seconds of having nothing left to do.
const LATE_MS = 5 * 60_000

function isLate({ daemonSet, index }: DaemonSetFacts): boolean {
  const since = milliseconds(daemonSet.metadata.deletionTimestamp)
  return since !== undefined && index.now - since > LATE_MS
}

/** What the garbage collector should have done long ago; undefined if it still waits for pods. */
function collectorDelay(finalizers: readonly string[], left: number): string | undefined {
  if (finalizers.includes('orphan')) return 'It should have released the pods within seconds'
  return finalizers.includes('foregroundDeletion') && left === 0
    ? 'No pod is left to wait for'
    : undefined
}

function podWords({ name, node, state, finalizers, down }: Frozen['left'][number]): Words {
  const by = finalizers.length > 0 ? words`; finalizer ${code(finalizers.join(', '))}` : ''
  return words`${code(name)} on ${code(node)}: ${POD_STATES[state]}${down ? ', its node is not Ready' : ''}${by}`
}

function emptySelector(facts: DaemonSetFacts): CauseReport {
  return {
    summary: words`${code(facts.name)} selects every pod of its namespace, so the controller does nothing for it.`,
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
