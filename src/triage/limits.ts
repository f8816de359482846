import type { Snapshot } from '../kubernetes/objects.ts'
import { code, type Words, words } from '../words/words.ts'
import type { DaemonSetFacts } from './facts/facts.ts'
import type { Finding } from './findings/finding.ts'
import { statusCount } from './findings/status-cause.ts'

/** What could not be read, and which question stays open for that. Only what matters for this DaemonSet now. */
export function limitsOf(facts: DaemonSetFacts, findings: readonly Finding[]): readonly Words[] {
  const { index, nodes, recount } = facts
  const status = statusCount(facts)
  const differs = status !== undefined && status !== recount.count.numberMisscheduled
  if (nodes.length === 0 && !differs && index.snapshot.unreadable.length === 0) return []
  const lines: Words[] = index.snapshot.unreadable.map(
    ({ resource, reason }) =>
      words`${code(resource)} could not be read: ${reason}. ${OPEN[resource.toLowerCase()] ?? ''}`,
  )
  const absent = (resource: keyof Snapshot) => index.snapshot[resource] === undefined
  if (nodes.length > 0) {
    if (nodes.every(({ node }) => node.metadata.managedFields === undefined)) {
      lines.push(
        words`managedFields are missing, so who wrote a taint or label, and when, cannot be told (kubectl: ${code('--show-managed-fields')}).`,
      )
    }
    for (const [resource, matters, question] of QUESTIONS) {
      if (
        absent(resource) &&
        findings.some(({ id, heldBy }) => matters.test(`${id}${heldBy ?? ''}`))
      )
        lines.push([question])
    }
    if (
      facts.revisions.length === 0 &&
      !absent('controllerRevisions') &&
      findings.some(({ id }) => /^(T[36789]|P[12]|O)/.test(id))
    )
      lines.push([
        'No ControllerRevision of the DaemonSet was found: what its template was before cannot be told.',
      ])
  }
  if (status === undefined) lines.push(['The DaemonSet has no status to compare with.'])
  if (differs && index.snapshot.serverVersion === undefined)
    lines.push([
      'The server version is not known: whether it has the known fault of 1.33 and 1.34.0 (S1) cannot be told.',
    ])
  if (differs && !index.lease('kube-system', 'kube-controller-manager'))
    lines.push([
      'The Lease of kube-controller-manager was not read: whether it is working (S2) cannot be told.',
    ])
  return lines
}

/** A list, the findings (id and hold) for which it matters, and what stays open without it. */
const QUESTIONS: readonly (readonly [keyof Snapshot, RegExp, string])[] = [
  [
    'controllerRevisions',
    /^(T[36789]|P[12]|O|unknown)/,
    'ControllerRevisions were not read: what the template was before (P1, T7, T8) cannot be told.',
  ],
  [
    'podDisruptionBudgets',
    /^T4/,
    'PodDisruptionBudgets were not read: whether one holds a drain cannot be told.',
  ],
  [
    'events',
    /^(T4|P.K[356])/,
    'Events were not read: what tools and controllers said lately is not known.',
  ],
  [
    'leases',
    /^(T4|P.K5)/,
    'Leases were not read: whether the tools and controllers that should act are alive is not known.',
  ],
  [
    'namespaces',
    /^unknown/,
    "Namespaces were not read: OpenShift's namespace node selectors (P6) cannot be judged.",
  ],
]

const OPEN: Readonly<Record<string, string>> = {
  nodes: 'Without nodes nothing can be counted.',
  pods: 'Without pods nothing can be counted.',
  events: 'What tools and controllers said lately is not known.',
  leases: 'Whether controllers and kubelets are alive shows in conditions only.',
  poddisruptionbudgets: 'Whether one holds a drain cannot be told.',
  controllerrevisions: 'What the template was before (P1, T7, T8) cannot be told.',
  namespaces: "OpenShift's namespace node selectors (P6) cannot be judged.",
}
