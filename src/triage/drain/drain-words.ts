import type { Taint } from '../../kubernetes/objects.ts'
import { code, plural, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import type { KnownTaint } from '../taints/taints.ts'
import type { Drain } from './drain.ts'

/** A node on its way out: the taint that says so, what is known of it, and how far the drain has come. */
export interface DrainingNode {
  readonly taint: Taint
  readonly known: KnownTaint
  readonly drain: Drain
}

/** The state of one node's drain, in a few words: by when it is over, by what it is held, or since when it goes on. */
export function drainReason({ taint, drain }: DrainingNode): Words {
  const since = drain.since
    ? words`${drain.since.from === 'managedFields' ? ' since at latest ' : ' since '}${time(drain.since.at)}`
    : []
  const [blocker] = drain.blockers
  if (drain.state === 'blocked' && blocker) {
    const more = drain.blockers.length > 1 ? ` and ${drain.blockers.length - 1} more` : ''
    return words`stuck${since}: ${code(blocker.pod)}${more}`
  }
  if (drain.state === 'left-over') return words`${code(taint.key)}${since}, left over`
  if (drain.state === 'machine-off') return words`machine is off${since}`
  return drain.until ? words`gone by ${time(drain.until)}` : words`leaving${since}`
}

/** What was read of one node's drain. */
export function drainEvidence({
  node,
  evidence: { drain, taint },
  facts,
}: Case<DrainingNode>): Words {
  const parts: Words[] = []
  if (drain.since?.from === 'value')
    parts.push(words`decided at ${time(drain.since.at)} (the value of ${code(taint.key)})`)
  else if (drain.since?.from === 'timeAdded')
    parts.push(words`tainted at ${time(drain.since.at)} (timeAdded)`)
  else if (drain.since?.from === 'deletionTimestamp')
    parts.push(words`being deleted since ${time(drain.since.at)}`)
  else if (drain.since)
    parts.push(
      words`taint list last written by ${code(node.taintsWritten?.manager ?? 'unknown')} at ${time(drain.since.at)}: the taint is as old or older`,
    )
  for (const { pod, why: because } of drain.blockers.slice(0, 3))
    parts.push(words`${code(pod)} cannot leave: ${because}`)
  if (drain.blockers.length > 3) parts.push([`${drain.blockers.length - 3} more pods cannot leave`])
  for (const { pod, by, grace } of drain.leaving.slice(0, 2))
    parts.push(words`${code(pod)} is stopping and has until ${time(by)} (grace period ${grace} s)`)
  const quiet = drain.remaining - Math.min(drain.leaving.length, 2) - drain.blockers.length
  if (quiet > 0)
    parts.push([`${quiet} ${plural(quiet, 'other pod has', 'other pods have')} to leave`])
  else if (drain.remaining === 0 && facts.index.has('pods'))
    parts.push(['no pod but those of DaemonSets is left on it'])
  if (drain.lastAct)
    parts.push(words`last event ${code(drain.lastAct.reason)} at ${time(drain.lastAct.at)}`)
  if (drain.toolGone)
    parts.push(
      words`Lease ${code(drain.toolGone.lease)} was last renewed at ${time(drain.toolGone.renewed)}: its holder is not running`,
    )
  if (drain.state === 'left-over')
    parts.push([
      node.node.spec?.unschedulable ? 'the node is cordoned' : 'the node is not cordoned',
    ])
  return words`${code(node.name)}: ${parts.flatMap((part, index) => (index === 0 ? part : ['; ', ...part]))}`
}
