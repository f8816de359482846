import type { Prediction } from '../daemonset/predict.ts'
import type { Count } from '../daemonset/recount.ts'
import { listed, type Words, words } from '../words/words.ts'
import { tableText } from './explanation-text.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'

/** What a change would lead to, as a person reads it: a verdict first, then before → after for each DaemonSet that it concerns. */
export function whatIfText(
  change: Words,
  consequences: readonly Consequence[],
  terminal: Terminal,
): readonly string[] {
  const changed = consequences.filter(({ changes }) => changes)
  const unchanged = consequences.filter(({ changes }) => !changes)
  return [
    ...wrapped(change, terminal).map((line) => styled(line, 'bold', terminal)),
    '',
    ...wrapped(verdict(changed), terminal),
    ...tableText(
      {
        header: ['DaemonSet', 'Before → after'],
        rows: changed.map((one) => [[name(one)], effect(one.before, one.after)]),
        more: 0,
      },
      terminal,
    ),
    ...detailsText(changed, terminal),
    ...(changed.length > 0 && unchanged.length > 0
      ? ['', ...wrapped([`Nothing changes for ${daemonSets(unchanged)}.`], terminal)]
      : []),
  ]
}

function verdict(changed: readonly Consequence[]): Words {
  const worse = changed.filter(
    ({ before, after }) => after.numberMisscheduled > before.numberMisscheduled,
  )
  const better = changed.filter(
    ({ before, after }) => after.numberMisscheduled < before.numberMisscheduled,
  )
  const lost = changed.reduce((sum, one) => sum + one.lost.length, 0)
  const sentences = [
    ...(worse.length > 0
      ? [
          `${daemonSets(worse)} would be misscheduled on more nodes: the pods stay there, and nobody removes them.`,
          LATE,
        ]
      : []),
    ...(better.length > 0 ? [`${daemonSets(better)} would be misscheduled on fewer nodes.`] : []),
    ...(worse.length + better.length === 0
      ? [changed.length > 0 ? 'Nothing would become misscheduled.' : 'Nothing would change.']
      : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'pod' : 'pods'} would go.`] : []),
  ]
  return [sentences.join(' ')]
}

const LATE =
  'From Kubernetes 1.33 on, status and the alert show it only once something else touches the DaemonSet or its pods.'

function daemonSets({ length }: readonly Consequence[]): string {
  return `${length} ${length === 1 ? 'DaemonSet' : 'DaemonSets'}`
}

function effect(before: Count, after: Count): Words {
  const misscheduled = `misscheduled ${before.numberMisscheduled} → ${after.numberMisscheduled}`
  return [
    `${misscheduled}, desired ${before.desiredNumberScheduled} → ${after.desiredNumberScheduled}, available ${before.numberAvailable} → ${after.numberAvailable}`,
  ]
}

// A taint does the same to many DaemonSets: it is told once for all of them.
function detailsText(changed: readonly Consequence[], terminal: Terminal): readonly string[] {
  const together = new Map<string, Consequence[]>()
  for (const one of changed) {
    const key = JSON.stringify(details(one))
    together.set(key, [...(together.get(key) ?? []), one])
  }
  return [...together.values()].flatMap((same) => [
    '',
    ...wrapped(listed(same.map(name), same.length), terminal),
    ...details(same[0]).flatMap((line) => wrapped(line, terminal, '  - ')),
  ])
}

function details(one: Consequence | undefined): readonly Words[] {
  if (!one) return []
  const { misscheduledBefore, misscheduledAfter, gained, lost, podsRestarted, rolloutBlocked } = one
  const wrong = misscheduledAfter.filter((node) => !misscheduledBefore.includes(node))
  const mended = misscheduledBefore.filter((node) => !misscheduledAfter.includes(node))
  return [
    wrong.length > 0 ? words`misscheduled from then on: ${listed(wrong, 8)}` : undefined,
    mended.length > 0 ? words`no longer misscheduled: ${listed(mended, 8)}` : undefined,
    gained.length > 0 ? words`get a pod: ${listed(gained, 8)}` : undefined,
    lost.length > 0 ? words`pods that go and are not replaced: ${listed(lost, 8)}` : undefined,
    podsRestarted > 0
      ? words`the roll-out restarts ${podsRestarted} ${podsRestarted === 1 ? 'pod' : 'pods'}`
      : undefined,
    rolloutBlocked
      ? words`the roll-out stops before its end: pods that are not available use up its limits`
      : undefined,
  ].filter((line) => line !== undefined)
}

function name({ namespace, name }: Consequence): string {
  return `${namespace}/${name}`
}
/** What a change would do to one DaemonSet. */
export interface Consequence extends Prediction {
  readonly namespace: string
  readonly name: string
  readonly changes: boolean
}
