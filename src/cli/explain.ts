import type { NodeVerdict } from '../daemonset/recount.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import type { Advice } from '../triage/advice.ts'
import { diagnose } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { explain as explanationOf } from '../triage/explain.ts'
import { group } from '../triage/group.ts'
import { reasonWords } from '../triage/taints/reason-words.ts'
import { code, joined, listed, plainTime, type Words, words } from '../words/words.ts'
import type { DaemonSetName, PrintOptions } from './arguments.ts'
import { comparedText, countText, differenceText, isMisscheduled } from './counts.ts'
import {
  adviceSections,
  evidenceText,
  heading,
  summaryText,
  tableText,
} from './explanation-text.ts'
import { notFound } from './nearest.ts'
import { type CommandResult, report, unreadableText, verdictsOf } from './report.ts'
import { styled, styledLines, type Terminal, wrapped } from './terminal.ts'

/**
 * `explain`: one DaemonSet. One that does not exist has a diagnosis too, and then the command
 * fails. `invocation` begins the commands that the text prints.
 */
export function explainDaemonSet(
  snapshot: Snapshot,
  subject: DaemonSetName,
  { nodes = 'wrong' }: PrintOptions,
  invocation: string,
): CommandResult {
  const unreadable = unreadableText(snapshot)
  const diagnosis = diagnose(snapshot, subject)
  const verdicts = verdictsOf(snapshot, nodes)(diagnosis)
  return {
    text: (terminal) =>
      daemonSetText(diagnosis, nodes === 'all' ? verdicts : undefined, invocation, {
        ...terminal,
        now: diagnosis.at,
      }),
    json: report([diagnosis], group([diagnosis]), () => verdicts),
    misscheduled: isMisscheduled(diagnosis),
    unreadable,
    ...(!diagnosis.exists && { failure: notFound(subject, snapshot.daemonSets) }),
  }
}

function daemonSetText(
  diagnosis: Diagnosis,
  allNodes: readonly NodeVerdict[] | undefined,
  invocation: string,
  terminal: Terminal,
): readonly string[] {
  const { namespace, name, at } = diagnosis
  const explanation = explanationOf([diagnosis])
  return [
    styled(`${namespace}/${name} at ${plainTime(at)}`, 'dim', terminal),
    ...summaryText(explanation, terminal),
    ...adviceSections(explanation, (advice) => isUseless(advice, diagnosis), terminal),
    ...(allNodes ? nodesText(allNodes, terminal) : []),
    ...countsText(diagnosis, terminal),
    ...evidenceText(explanation, invocation, terminal),
  ]
}

/** Whether it was simulated and leaves the count as it is. */
function isUseless({ remedy }: Advice, { status, recount }: Diagnosis): boolean {
  if (!remedy.predict || remedy.recommended) return false
  const before =
    remedy.kind === 'recount' ? (status?.numberMisscheduled ?? 0) : recount.numberMisscheduled
  return before > 0 && remedy.predict.numberMisscheduled >= before
}

function nodesText(nodes: readonly NodeVerdict[], terminal: Terminal): readonly string[] {
  const rows = nodes.map((node): readonly [Words, Words] => [[node.name], verdictWords(node)])
  const table = tableText({ header: ['Node', 'Verdict'], rows, more: 0 }, terminal)
  return [...heading('All nodes', terminal), ...table.slice(1)]
}

/** What the controller decides for a node, and why; the deciding reason comes first. */
function verdictWords({
  shouldRun,
  shouldContinueRunning,
  misscheduled,
  pods,
  reasons,
}: NodeVerdict): Words {
  if (shouldRun)
    return pods.length > 0 ? words`runs ${listed(pods)}` : ['should run the pod but has none']
  const sorted = [...reasons].sort((a, b) => Number(b.decides) - Number(a.decides))
  const why = joined(sorted.map(reasonWords), ', ')
  if (!misscheduled) return words`should not run the pod: ${why}`
  return shouldContinueRunning
    ? words`misscheduled, ${listed(pods)} keeps running: ${why}`
    : words`misscheduled, the controller deletes ${listed(pods)}: ${why}`
}

/** Status, with what it should be, and the owner of the object. */
function countsText(
  { status, recount, owner, exists }: Diagnosis,
  terminal: Terminal,
): readonly string[] {
  if (!exists) return []
  const counts = status
    ? comparedText(status, recount)
    : `status is not written yet; it should be ${countText(recount)}`
  const lines = wrapped([counts], terminal, '  ')
  const isWrong = !status || differenceText(status, recount) !== ''
  return [
    ...heading('Count', terminal),
    ...(isWrong ? styledLines(lines, 'yellow', terminal) : lines),
    ...heading('Owner', terminal),
    ...wrapped(ownerWords(owner), terminal, '  '),
  ]
}

function ownerWords({ kind, name, revert, fix }: Diagnosis['owner']): Words {
  const sentences = [revert, fix].filter((sentence) => sentence !== '').join(' ')
  if (kind === 'none') return [sentences]
  return name ? words`${kind} ${code(name)}. ${sentences}` : words`${kind}. ${sentences}`
}
