import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnose } from '../triage/diagnose.ts'
import { explain as explanationOf } from '../triage/explain.ts'
import { group } from '../triage/group.ts'
import { plainTime } from '../words/words.ts'
import { blindness, type CommandResult } from './command-result.ts'
import { countsText } from './counts-text.ts'
import { explanationText, heading, tableText } from './explanation-text.ts'
import { isMisscheduled } from './misscheduling.ts'
import { nodeRows } from './nodes-text.ts'
import type { PrintOptions } from './options.ts'
import { report } from './report.ts'
import type { DaemonSetName } from './source.ts'
import { styled, type Terminal } from './terminal.ts'
import { verdictsOf } from './verdicts.ts'

/** One DaemonSet, in words. */
export function explainDaemonSet(
  snapshot: Snapshot,
  subject: DaemonSetName,
  { nodes = 'wrong' }: PrintOptions,
): CommandResult {
  const blind = blindness(snapshot)
  const diagnosis = diagnose(snapshot, subject)
  const verdicts = verdictsOf(snapshot, diagnosis, nodes)
  const text = (plainTerminal: Terminal) => {
    const terminal = { ...plainTerminal, now: diagnosis.at }
    return [
      styled(
        `${subject.namespace}/${subject.name}, seen ${plainTime(diagnosis.at)}`,
        'dim',
        terminal,
      ),
      ...explanationText(explanationOf([diagnosis]), terminal),
      ...(nodes === 'all'
        ? [
            ...heading('All nodes', terminal),
            ...tableText(
              { header: ['Node', 'Verdict'], rows: nodeRows(verdicts), more: 0 },
              terminal,
            ).slice(1),
          ]
        : []),
      ...countsText(diagnosis, terminal),
    ]
  }
  return {
    text,
    json: report([diagnosis], group([diagnosis]), () => verdicts),
    misscheduled: isMisscheduled(diagnosis),
    blind,
  }
}
