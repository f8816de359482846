import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnoseAll } from '../triage/diagnose.ts'
import { group } from '../triage/group.ts'
import { blindness, type CommandResult } from './command-result.ts'
import { isMisscheduled, statusDisagrees } from './misscheduling.ts'
import type { PrintOptions, SourceOptions } from './options.ts'
import { report } from './report.ts'
import { scanText } from './scan-text.ts'
import { chosenDaemonSets } from './source.ts'
import { verdictsOf } from './verdicts.ts'

/** Every DaemonSet that is misscheduled or whose status says other than the truth; of a snapshot file with `--nodes all` simply every one. */
export function scan(snapshot: Snapshot, options: SourceOptions & PrintOptions): CommandResult {
  const { nodes = 'wrong' } = options
  const blind = blindness(snapshot)
  const chosen = new Set(
    chosenDaemonSets(snapshot, options).map(
      ({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}`,
    ),
  )
  const asked = diagnoseAll(snapshot).filter(({ namespace, name }) =>
    chosen.has(`${namespace}/${name}`),
  )
  const noteworthy = asked.filter(
    (diagnosis) =>
      isMisscheduled(diagnosis) || statusDisagrees(diagnosis) || diagnosis.findings.length > 0,
  )
  const printed = options.snapshot !== undefined && nodes === 'all' ? asked : noteworthy
  const incidents = group(noteworthy)
  return {
    text: (terminal) =>
      scanText({ snapshot, asked, noteworthy, incidents }, { ...terminal, now: snapshot.takenAt }),
    json: {
      ...report(printed, incidents, (diagnosis) => verdictsOf(snapshot, diagnosis, nodes)),
      unreadable: snapshot.unreadable,
    },
    misscheduled: asked.some(isMisscheduled),
    blind,
  }
}
