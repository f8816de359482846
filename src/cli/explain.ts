import type { NodeVerdict } from '../daemonset/recount.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnose } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { explain as explanationOf } from '../triage/explain.ts'
import { group } from '../triage/group.ts'
import { reasonWords } from '../triage/taints/reason-words.ts'
import { code, joined, listed, plainTime, type Words, words } from '../words/words.ts'
import type { DaemonSetName, PrintOptions } from './arguments.ts'
import { countText, isMisscheduled } from './counts.ts'
import { explanationText, heading, tableText } from './explanation-text.ts'
import { type CommandResult, report, unreadableText, verdictsOf } from './report.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'

/** `explain`: one DaemonSet. One that does not exist has a diagnosis too. */
export function explainDaemonSet(
  snapshot: Snapshot,
  subject: DaemonSetName,
  { nodes = 'wrong' }: PrintOptions,
): CommandResult {
  const unreadable = unreadableText(snapshot)
  const diagnosis = diagnose(snapshot, subject)
  const verdicts = verdictsOf(snapshot, nodes)(diagnosis)
  return {
    text: (terminal) =>
      daemonSetText(diagnosis, nodes === 'all' ? verdicts : undefined, {
        ...terminal,
        now: diagnosis.at,
      }),
    json: report([diagnosis], group([diagnosis]), () => verdicts),
    misscheduled: isMisscheduled(diagnosis),
    unreadable,
  }
}

function daemonSetText(
  diagnosis: Diagnosis,
  allNodes: readonly NodeVerdict[] | undefined,
  terminal: Terminal,
): readonly string[] {
  const { namespace, name, at } = diagnosis
  return [
    styled(`${namespace}/${name} at ${plainTime(at)}`, 'dim', terminal),
    ...explanationText(explanationOf([diagnosis]), terminal),
    ...(allNodes ? nodesText(allNodes, terminal) : []),
    ...countsText(diagnosis, terminal),
  ]
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

/** Status, the recount if it differs, and the owner of the object. */
function countsText(
  { status, recount, owner, exists }: Diagnosis,
  terminal: Terminal,
): readonly string[] {
  if (!exists) return []
  const inStatus = status ? countText(status) : 'not written yet'
  const actual = countText(recount)
  return [
    ...heading('Count', terminal),
    `  status    ${inStatus}`,
    ...(inStatus === actual ? [] : [styled(`  actual    ${actual}`, 'yellow', terminal)]),
    ...heading('Owner', terminal),
    ...wrapped(ownerWords(owner), terminal, '  '),
  ]
}

function ownerWords({ kind, name, revert, fix }: Diagnosis['owner']): Words {
  const sentences = [revert, fix].filter((sentence) => sentence !== '').join(' ')
  if (kind === 'none') return [sentences]
  return name ? words`${kind} ${code(name)}. ${sentences}` : words`${kind}. ${sentences}`
}
