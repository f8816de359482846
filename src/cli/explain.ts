import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnose } from '../triage/diagnose.ts'
import { explain as explanationOf } from '../triage/explain.ts'
import { group } from '../triage/group.ts'
import type { Answer } from './answer.ts'
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
export function explain(snapshot: Snapshot, subject: DaemonSetName, { nodes = 'wrong' }: PrintOptions): Answer {
  const diagnosis = diagnose(snapshot, subject)
  const verdicts = verdictsOf(snapshot, diagnosis, nodes)
  const text = (terminal: Terminal) => [
    styled(`${subject.namespace}/${subject.name}`, 'dim', terminal),
    ...explanationText(explanationOf([diagnosis]), terminal),
    ...(nodes === 'all'
      ? [
          ...heading('All nodes', terminal),
          ...tableText({ header: ['NODE', 'VERDICT'], rows: nodeRows(verdicts), more: 0 }, terminal),
        ]
      : []),
    ...countsText(diagnosis, terminal),
  ]
  return { text, json: report([diagnosis], group([diagnosis]), () => verdicts), misscheduled: isMisscheduled(diagnosis) }
}
