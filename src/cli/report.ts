import { type Count, type NodeVerdict, recount } from '../daemonset/recount.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { indexSnapshot } from '../triage/facts/snapshot-index.ts'
import type { Finding } from '../triage/findings/finding.ts'
import type { IncidentGroup } from '../triage/group.ts'
import { plain } from '../words/words.ts'
import type { Terminal } from './terminal.ts'

/** The result of a command, before it is printed. */
export interface CommandResult {
  readonly text: (terminal: Terminal) => readonly string[]
  readonly json: unknown
  /** Whether a DaemonSet in question is misscheduled, or would be. */
  readonly misscheduled: boolean
  /** Why `misscheduled: false` is not certain; undefined if it is. */
  readonly unreadable: string | undefined
  /** The error with which the command ends after its result is printed. */
  readonly failure?: string
}

/**
 * Why it is unknown whether anything is misscheduled; undefined if nodes and pods were read.
 * Throws if the DaemonSets were not read.
 */
export function unreadableText({ unreadable }: Snapshot): string | undefined {
  const reasonOf = (resource: string) =>
    unreadable.find((one) => one.resource.toLowerCase() === resource)?.reason
  const daemonSets = reasonOf('daemonsets')
  if (daemonSets !== undefined) throw new Error(`DaemonSets could not be read: ${daemonSets}`)
  const missing = ['nodes', 'pods'].flatMap((resource) => {
    const reason = reasonOf(resource)
    return reason === undefined ? [] : [`${resource} could not be read: ${reason}`]
  })
  return missing.length > 0 ? missing.join('; ') : undefined
}

/** Gives the nodes to print for a diagnosis: those it has (`wrong`), or every node. */
export function verdictsOf(
  snapshot: Snapshot,
  which: 'wrong' | 'all',
): (diagnosis: Diagnosis) => readonly NodeVerdict[] {
  const index = indexSnapshot(snapshot)
  return ({ namespace, name, nodes }) => {
    const daemonSet =
      which === 'all'
        ? index.daemonSetsIn(namespace).find((one) => one.metadata.name === name)
        : undefined
    return daemonSet ? recount(daemonSet, index.world).nodes : nodes
  }
}

/**
 * The JSON of `explain` and `scan`. Field names are those of the Kubernetes API; enumerations are
 * closed.
 */
export function report(
  diagnoses: readonly Diagnosis[],
  incidents: readonly IncidentGroup[],
  nodesOf: (diagnosis: Diagnosis) => readonly NodeVerdict[],
) {
  return {
    daemonSets: diagnoses.map((diagnosis) => daemonSetReport(diagnosis, nodesOf(diagnosis))),
    incidents: incidents.map(({ root, daemonSets, nodes, headline }) => ({
      root,
      daemonSets,
      nodes,
      headline: plain(headline),
    })),
  }
}

function daemonSetReport(
  {
    namespace,
    name,
    exists,
    status,
    recount,
    controllerDeletes,
    findings,
    owner: { takesNone: _, placement: __, ...owner },
    limits,
  }: Diagnosis,
  nodes: readonly NodeVerdict[],
) {
  return {
    namespace,
    name,
    exists,
    status,
    recount: countReport(recount),
    nodes,
    controllerDeletes,
    findings: findings.map(findingReport),
    owner,
    limits: limits.map(plain),
  }
}

function countReport({
  desiredNumberScheduled,
  currentNumberScheduled,
  numberMisscheduled,
  numberReady,
  numberAvailable,
  numberUnavailable,
}: Count) {
  return {
    desiredNumberScheduled,
    currentNumberScheduled,
    numberMisscheduled,
    numberReady,
    numberAvailable,
    numberUnavailable,
  }
}

function findingReport({
  id,
  heldBy,
  cause,
  variant,
  key,
  nodes,
  pods,
  root,
  summary,
  why,
  evidence,
  perNode,
  remedies,
}: Finding) {
  return {
    id,
    heldBy,
    cause,
    variant,
    key,
    nodes,
    pods,
    root,
    summary: plain(summary),
    why: plain(why),
    evidence: evidence.map(plain),
    perNode: perNode.map(({ node, reason }) => ({ node, reason: plain(reason) })),
    remedies: remedies.map(
      ({ consequences, answer: _, bridges: __, place: ___, repair: ____, ...remedy }) => ({
        ...remedy,
        title: plain(remedy.title),
        why: plain(remedy.why),
        ...(consequences && { consequences: plain(consequences) }),
      }),
    ),
  }
}
