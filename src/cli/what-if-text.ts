import type { Count } from '../daemonset/recount.ts'
import { code, listed, type Words, words } from '../triage/words.ts'
import { heading, tableText } from './explanation-text.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'
import type { Consequence } from './what-if.ts'

/** What a change would lead to, as a person reads it: a verdict first, then before → after for each DaemonSet that it concerns. */
export function whatIfText(change: Words, consequences: readonly Consequence[], terminal: Terminal): readonly string[] {
  const changed = consequences.filter(({ changes }) => changes)
  const unchanged = consequences.filter(({ changes }) => !changes)
  return [
    ...wrapped(change, terminal).map((line) => styled(line, 'bold', terminal)),
    '',
    ...wrapped(verdict(changed), terminal),
    ...tableText(
      {
        header: ['DAEMONSET', 'BEFORE → AFTER'],
        rows: changed.map((one) => [[name(one)], effect(one.before, one.after)]),
        more: 0,
      },
      terminal,
    ),
    ...changed.flatMap((one) => details(one, terminal)),
    ...(changed.length > 0 && unchanged.length > 0
      ? ['', ...wrapped([`Nothing changes for ${daemonSets(unchanged)}.`], terminal)]
      : []),
  ]
}

function verdict(changed: readonly Consequence[]): Words {
  const worse = changed.filter(({ before, after }) => after.numberMisscheduled > before.numberMisscheduled)
  const better = changed.filter(({ before, after }) => after.numberMisscheduled < before.numberMisscheduled)
  if (worse.length > 0) {
    return [
      `${daemonSets(worse)} would be misscheduled on more nodes: the pods stay there, and nobody removes them. `,
      'From Kubernetes 1.33 on, status and the alert show it only once something else touches the DaemonSet or its pods.',
    ]
  }
  if (better.length > 0) return [`${daemonSets(better)} would be misscheduled on fewer nodes.`]
  return [changed.length > 0 ? 'Nothing would become misscheduled.' : 'Nothing would change.']
}

function daemonSets({ length }: readonly Consequence[]): string {
  return `${length} ${length === 1 ? 'DaemonSet' : 'DaemonSets'}`
}

function effect(before: Count, after: Count): Words {
  const misscheduled = `misscheduled ${before.numberMisscheduled} → ${after.numberMisscheduled}`
  return [
    `${misscheduled}, desired ${before.desiredNumberScheduled} → ${after.desiredNumberScheduled}, available ${before.numberAvailable} → ${after.numberAvailable}`,
  ]
}

function details(one: Consequence, terminal: Terminal): readonly string[] {
  const wrong = one.misscheduledAfter.filter((node) => !one.misscheduledBefore.includes(node))
  const mended = one.misscheduledBefore.filter((node) => !one.misscheduledAfter.includes(node))
  const lines: readonly (Words | undefined)[] = [
    wrong.length > 0 ? words`Misscheduled from then on: ${listed(wrong, 8)}` : undefined,
    mended.length > 0 ? words`No longer misscheduled: ${listed(mended, 8)}` : undefined,
    one.gained.length > 0 ? words`Get a pod: ${listed(one.gained, 8)}` : undefined,
    one.lost.length > 0 ? words`Pods that go and are not replaced: ${listed(one.lost, 8)}` : undefined,
    one.podsRestarted > 0
      ? words`The roll-out restarts ${one.podsRestarted} ${one.podsRestarted === 1 ? 'pod' : 'pods'}.`
      : undefined,
    one.rolloutBlocked
      ? words`The roll-out would stop before its end: pods that are not available use up maxUnavailable.`
      : undefined,
  ]
  return [
    ...heading(name(one), terminal),
    ...lines.filter((line) => line !== undefined).flatMap((line) => wrapped(line, terminal, '  - ')),
  ]
}

function name({ namespace, name }: Consequence): string {
  return `${namespace}/${name}`
}

/** `on nodes a, b and 3 more`. */
export function onNodes(nodes: readonly string[]): Words {
  return nodes.length === 1 ? words`on node ${code(nodes[0] ?? '')}` : words`on ${nodes.length} nodes (${listed(nodes, 3)})`
}
