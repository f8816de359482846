import { selectsEverything } from '../../daemonset/label-selector.ts'
import { milliseconds } from '../../words/time.ts'
import { code, listed, time, type Words, words } from '../../words/words.ts'
import { isDown } from '../drain/drain.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { type PodState, podState } from '../facts/pod-facts.ts'
import { defineStatusCause } from '../findings/status-cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

interface Frozen {
  readonly by: 'deletion' | 'empty-selector'
  /** Finalizers of the DaemonSet. */
  readonly finalizers: readonly string[]
  /** Claimed pods that are still there, with their states. */
  readonly left: readonly {
    readonly name: string
    readonly node: string
    readonly state: PodState
    readonly finalizers: readonly string[]
    readonly down: boolean
  }[]
}

/** The controller writes no status any more: the DaemonSet is being deleted, or selects everything. */
export const statusFrozen = defineStatusCause<Frozen>({
  id: 'S3',
  cause: 'status-frozen',
  title: 'The status is frozen: the DaemonSet is being deleted, or its selector is empty',
  standsAlone: true,
  headline: ({ who, many, variant }) =>
    variant === 'deletion'
      ? words`${who} ${many ? 'are' : 'is'} being deleted and cannot finish; the count is frozen`
      : words`${who} has an empty selector: the controller refuses to work`,
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
          down: node !== undefined && isDown(node),
        }
      }),
    }
  },
  variant: ({ by }) => by,
  explain(facts, frozen) {
    return frozen.by === 'deletion' ? deletion(facts, frozen) : emptySelector(facts)
  },
})

function deletion(facts: DaemonSetFacts, frozen: Frozen) {
  const { daemonSet } = facts
  const since = daemonSet.metadata.deletionTimestamp ?? ''
  return {
    summary: words`${code(facts.name)} is being deleted since ${time(since)}, and its status is not written any more.`,
    why: words`From the moment of its deletion the controller leaves the status as it is. ${blockWords(frozen)}`,
    evidence: [
      words`deletionTimestamp ${time(since)}; finalizers: ${frozen.finalizers.length > 0 ? code(frozen.finalizers.join(', ')) : 'none'}`,
      words`${frozen.left.length} of its pods ${frozen.left.length === 1 ? 'is' : 'are'} still there`,
      ...frozen.left
        .filter(({ state }) => state !== 'live')
        .slice(0, 4)
        .map(leftWords),
    ],
    drafts: [
      ...deletionOffers(facts, frozen),
      {
        kind: 'tolerate',
        horizon: 'now',
        tempting: true,
        title: ['Add a toleration'],
        why: ['Nothing is counted any more: no change of the template shows.'],
      } satisfies RemedyDraft,
      nothing(['The alert ends with the DaemonSet.']),
    ],
  }
}

function blockWords({ finalizers, left }: Frozen): Words {
  if (finalizers.includes('foregroundDeletion') && left.length > 0)
    return words`It goes when its ${left.length === 1 ? 'last pod is' : `last ${left.length} pods are`} gone.`
  if (finalizers.length > 0)
    return words`It goes when ${listed(finalizers)} ${finalizers.length === 1 ? 'is' : 'are'} taken off.`
  return ['Nothing shows what still holds it.']
}

function deletionOffers(
  facts: DaemonSetFacts,
  { finalizers, left }: Frozen,
): readonly RemedyDraft[] {
  const stuck = left.filter(({ state }) => state === 'overdue')
  const down = stuck.filter((pod) => pod.down)
  const held = stuck.filter((pod) => pod.finalizers.length > 0)
  const own = finalizers.filter((name) => !COLLECTOR.test(name))
  // The garbage collector takes its own finalizers off within seconds, once there is nothing left for it to do.
  const collector =
    stuck.length === 0 && own.length === 0 && isLate(facts)
      ? collectorTask(finalizers, left.length)
      : undefined
  const waiting = wait(
    ['Wait for the deletion'],
    [
      finalizers.includes('orphan')
        ? 'It ends when the garbage collector has let go of its pods.'
        : 'It ends when the last of its pods is gone.',
    ],
    stuck.length > 0 || own.length > 0 || collector ? { choice: true } : {},
  )
  const look = (
    kind: RemedyDraft['kind'],
    title: Words,
    why: Words,
    commands: readonly string[],
  ): RemedyDraft => ({
    kind,
    horizon: 'now',
    title,
    why,
    commands,
  })
  const first =
    held.length > 0
      ? look(
          'repair-controller',
          words`Repair what holds ${listed(held.map(({ name }) => name))}`,
          words`A finalizer holds the pod: ${code(held[0]?.finalizers.join(', ') ?? '')}. Its controller has to take it off.`,
          [`kubectl -n ${facts.namespace} get pod ${held[0]?.name ?? ''} -o yaml`],
        )
      : down.length > 0
        ? look(
            'fix-node',
            words`Mend or delete node ${listed([...new Set(down.map(({ node }) => node))])}`,
            ['Its kubelet does not answer, so its pod never ends and the deletion waits for it.'],
            [`kubectl describe node ${down[0]?.node ?? ''}`],
          )
        : stuck.length > 0
          ? look(
              'fix-node',
              words`See why ${listed(stuck.map(({ name }) => name))} does not end`,
              [
                'Its time is up and its kubelet answers: look at kubelet and container runtime there.',
              ],
              [`kubectl -n ${facts.namespace} describe pod ${stuck[0]?.name ?? ''}`],
            )
          : own.length > 0
            ? look(
                'repair-controller',
                words`Repair the controller of ${listed(own)}`,
                ['The finalizer is on the DaemonSet itself; its controller has to take it off.'],
                [
                  `kubectl -n ${facts.namespace} get daemonset ${facts.name} -o jsonpath='{.metadata.finalizers}'`,
                ],
              )
            : collector &&
              look(
                'repair-controller',
                ['See why the garbage collector does not finish'],
                words`${collector}. The garbage collector is part of kube-controller-manager: is it running and leading?`,
                ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
              )
  const remove: RemedyDraft = {
    kind: 'remove-finalizer',
    horizon: 'now',
    choice: true,
    title: ['Take the finalizer off by hand'],
    why: ['Only if you know what it was to clean up: that is skipped then.'],
  }
  return [
    ...(first ? [first] : []),
    waiting,
    ...(held.length > 0 || own.length > 0 ? [remove] : []),
  ]
}

const COLLECTOR = /^(foregroundDeletion|orphan)$/
const LATE = 5 * 60_000

function isLate({ daemonSet, index }: DaemonSetFacts): boolean {
  const since = milliseconds(daemonSet.metadata.deletionTimestamp)
  return since !== undefined && index.now - since > LATE
}

function collectorTask(finalizers: readonly string[], left: number): string | undefined {
  if (finalizers.includes('orphan')) return 'It should have let go of the pods within seconds'
  return finalizers.includes('foregroundDeletion') && left === 0
    ? 'No pod is left to wait for'
    : undefined
}

function leftWords({ name, node, state, finalizers, down }: Frozen['left'][number]): Words {
  const by = finalizers.length > 0 ? words`; finalizer ${code(finalizers.join(', '))}` : ''
  return words`${code(name)} on ${code(node)}: ${STATES[state]}${down ? ', its node is not Ready' : ''}${by}`
}

const STATES: Readonly<Record<PodState, string>> = {
  live: 'running',
  'in-grace': 'stopping, within its grace period',
  overdue: 'should have been gone',
  terminal: 'ended',
  unbound: 'waiting for a node',
}

function emptySelector(facts: DaemonSetFacts) {
  return {
    summary: words`${code(facts.name)} selects every pod of its namespace, so the controller refuses to work on it.`,
    why: words`An empty ${code('spec.selector')} would take every pod. The controller writes event ${code('SelectingAll')} and leaves status and pods as they are.`,
    evidence: [words`${code('spec.selector: {}')}`],
    drafts: [
      {
        kind: 'separate-owners',
        horizon: 'now',
        title: ['Make the DaemonSet again with a selector of its own'],
        why: [
          'A selector cannot be changed: delete the DaemonSet and create it with labels that only its pods have.',
        ],
      } satisfies RemedyDraft,
      wait(['Wait'], ['Nothing ends it by itself.'], { tempting: true }),
      nothing(['It does not come back once the selector is right.']),
    ],
  }
}
