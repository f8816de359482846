import type { NodeVerdict } from '../daemonset/recount.ts'
import { reasonText } from '../triage/taints/reason-text.ts'
import { listed, type Words, words } from '../words/words.ts'

/** A row for each node: what the controller makes of it, and why, the deciding reason first. */
export function nodeRows(nodes: readonly NodeVerdict[]): readonly (readonly [Words, Words])[] {
  return nodes.map((node) => [[node.name], verdictWords(node)])
}

function verdictWords({
  shouldRun,
  shouldContinueRunning,
  misscheduled,
  pods,
  reasons,
}: NodeVerdict): Words {
  if (shouldRun)
    return pods.length > 0 ? words`runs ${listed(pods)}` : ['should run the pod and has none']
  const sorted = [...reasons].sort((a, b) => Number(b.decides) - Number(a.decides))
  const why = sorted.flatMap(
    (reason, index): Words => [...(index > 0 ? [', '] : []), ...reasonText(reason)],
  )
  if (!misscheduled) return words`not wanted there: ${why}`
  return words`misscheduled, ${listed(pods)} ${shouldContinueRunning ? 'stays' : 'is to be deleted'}: ${why}`
}
