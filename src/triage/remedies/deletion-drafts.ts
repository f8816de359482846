import { milliseconds } from '../../words/time.ts'
import { code, counted, listed, plural, time, type Words, words } from '../../words/words.ts'
import { controllerManager } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import type { PodState } from '../facts/pod-facts.ts'
import { bringControllerManagerBack, wait } from './drafts.ts'
import type { RemedyDraft } from './remedy.ts'

/** The deletion of a DaemonSet that has begun and not finished. */
export interface Deletion {
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

/** The finalizers that are not the garbage collector's: something else has to remove them. */
export function ownFinalizers(finalizers: readonly string[]): readonly string[] {
  return finalizers.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
}

// Controllers and the garbage collector remove their finalizers within seconds of their last work.
const LATE_MS = 5 * 60_000

/** Whether the deletion has taken longer than a working controller needs. */
export function isLate({ daemonSet, index }: DaemonSetFacts): boolean {
  const since = milliseconds(daemonSet.metadata.deletionTimestamp)
  return since !== undefined && index.now - since > LATE_MS
}

/** Who set a finalizer of the DaemonSet: evidence of who has to remove it. */
export function finalizerWriter({ daemonSet }: DaemonSetFacts, name: string): Words {
  const writer = lastWriter(daemonSet.metadata, ['f:metadata', 'f:finalizers', `v:"${name}"`])
  return writer
    ? words`${code(name)} was set by ${code(writer.manager)}${writer.time ? words`, last at ${time(writer.time)}` : ''}`
    : words`nothing shows who set ${code(name)}${daemonSet.metadata.managedFields === undefined ? ': managedFields are missing' : ''}`
}

/** What ends the deletion, or bridges the time until then, in order of preference. */
export function deletionDrafts(
  facts: DaemonSetFacts,
  deletion: Deletion,
): readonly (RemedyDraft | undefined)[] {
  const { finalizers } = deletion
  const own = ownFinalizers(finalizers)
  if (own.length > 0 && isLate(facts))
    return [
      finalizerDraft(facts, own),
      ...(waitsForPods(deletion) ? [stuckPodDraft(facts, deletion)] : []),
      removeByHand(facts, own),
      wait(
        ['Silence until the finalizer is removed'],
        words`Waiting alone does not end it: only the controller of ${listed(own)} does, or a person.`,
        { choice: true },
      ),
    ]
  const blocker = stuckPodDraft(facts, deletion) ?? collectorDraft(facts, deletion)
  return [
    blocker,
    wait(
      ['Wait for the deletion'],
      own.length > 0
        ? words`It began within the last 5 min, and the controller of ${listed(own)} may still be at work.`
        : [
            finalizers.includes('orphan')
              ? 'It ends when the garbage collector has released its pods.'
              : 'It ends when the last of its pods is gone.',
          ],
      blocker ? { choice: true } : {},
    ),
    removeFromPods(deletion),
  ]
}

/** How the deletion ends. One or two sentences. */
export function deletionEnd({ finalizers, left }: Deletion): Words {
  const own = ownFinalizers(finalizers)
  if (own.length > 0) {
    const gone = words`The DaemonSet goes away only when ${listed(own)} ${plural(own.length, 'is', 'are')} removed`
    return finalizers.includes('foregroundDeletion') || left.length === 0
      ? words`${gone}, and the garbage collector does not do that.`
      : words`${gone}; until then nothing manages its ${counted(left.length, 'pod')} or removes ${plural(left.length, 'it', 'them')}.`
  }
  if (finalizers.includes('foregroundDeletion') && left.length > 0)
    return words`The DaemonSet goes away when its ${plural(left.length, 'last pod is', `last ${left.length} pods are`)} gone.`
  if (finalizers.length > 0)
    return words`The DaemonSet goes away when ${listed(finalizers)} ${plural(finalizers.length, 'is', 'are')} removed.`
  return ['Nothing shows what holds it.']
}

// With another kind of deletion, the pods are removed after the DaemonSet or released.
function waitsForPods({ finalizers }: Deletion): boolean {
  return finalizers.includes('foregroundDeletion')
}

function finalizerDraft(facts: DaemonSetFacts, own: readonly string[]): RemedyDraft {
  const writers = [
    ...new Set(
      own.flatMap(
        (name) =>
          lastWriter(facts.daemonSet.metadata, ['f:metadata', 'f:finalizers', `v:"${name}"`])
            ?.manager ?? [],
      ),
    ),
  ]
  const domains = [...new Set(own.map((name) => name.split('/')[0] ?? name))]
  const who =
    writers.length > 0
      ? words`${listed(writers)} set ${plural(own.length, 'it', 'them')} and should remove ${plural(own.length, 'it', 'them')} after its cleanup`
      : words`Whoever runs the controller of ${listed(domains)} should let it finish its cleanup and remove ${plural(own.length, 'it', 'them')}`
  return {
    kind: 'repair-controller',
    horizon: 'now',
    title: words`Fix the controller of ${listed(own)}`,
    why: words`${who}. Is that controller still installed and running, and what does its log say about ${code(`${facts.namespace}/${facts.name}`)}?`,
    commands: [
      `kubectl -n ${facts.namespace} get daemonset ${facts.name} -o yaml --show-managed-fields   # who set f:finalizers`,
    ],
  }
}

function removeByHand(facts: DaemonSetFacts, own: readonly string[]): RemedyDraft {
  const all = facts.daemonSet.metadata.finalizers ?? []
  return {
    kind: 'remove-finalizer',
    horizon: 'now',
    choice: true,
    title: words`Remove ${listed(own)} by hand`,
    why: [
      `Only if its controller is gone for good and you know what it should clean up: that cleanup is skipped, and the DaemonSet${all.includes('orphan') ? ' goes' : ' and its pods go'} away.`,
    ],
    // From the end, so that the numbers of the others stay right.
    commands: [...own].reverse().map((name) => {
      const path = `/metadata/finalizers/${all.indexOf(name)}`
      const patch = [
        { op: 'test', path, value: name },
        { op: 'remove', path },
      ]
      return `kubectl -n ${facts.namespace} patch daemonset ${facts.name} --type=json -p '${JSON.stringify(patch)}'`
    }),
  }
}

/** What to do about pods that do not go away; undefined if none is overdue. */
function stuckPodDraft({ namespace }: DaemonSetFacts, { left }: Deletion): RemedyDraft | undefined {
  const stuck = left.filter(({ state }) => state === 'overdue')
  if (stuck.length === 0) return undefined
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

function removeFromPods({ left }: Deletion): RemedyDraft | undefined {
  if (!left.some((pod) => pod.state === 'overdue' && pod.finalizers.length > 0)) return undefined
  return {
    kind: 'remove-finalizer',
    horizon: 'now',
    choice: true,
    title: ['Remove the finalizer by hand'],
    why: ['Only if you know what it should clean up: that cleanup is skipped.'],
  }
}

function collectorDraft(
  facts: DaemonSetFacts,
  { finalizers, left }: Deletion,
): RemedyDraft | undefined {
  const manager = controllerManager(facts.index).state
  // The garbage collector is part of kube-controller-manager.
  if (manager === 'stale')
    return {
      ...bringControllerManagerBack,
      why: [
        'None is leading, so no garbage collector finishes the deletion. Check its pods or units on the control plane, and its log.',
      ],
    }
  const late = isLate(facts) ? collectorDelay(finalizers, left.length) : undefined
  return late === undefined
    ? undefined
    : {
        kind: 'repair-controller',
        horizon: 'now',
        title: ['Find out why the garbage collector does not finish'],
        why: words`${late}. The garbage collector is part of kube-controller-manager${manager === 'fresh' ? ', which renews its Lease: search its log for this DaemonSet.' : ': is it running and leading?'}`,
        commands:
          manager === 'fresh'
            ? [
                `kubectl -n kube-system logs -l component=kube-controller-manager --tail=-1 | grep ${facts.name}`,
              ]
            : ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
      }
}

/** What the garbage collector should have done long ago; undefined if it still waits for pods. */
function collectorDelay(finalizers: readonly string[], left: number): string | undefined {
  if (finalizers.includes('orphan')) return 'It should have released the pods within seconds'
  return finalizers.includes('foregroundDeletion') && left === 0
    ? 'No pod is left to wait for'
    : undefined
}
