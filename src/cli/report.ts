import type { Count, NodeVerdict } from '../daemonset/recount.ts'
import type { Diagnosis, IncidentGroup } from '../triage/diagnosis.ts'
import type { Finding } from '../triage/findings/finding.ts'
import { plain } from '../words/words.ts'

/** What `explain` and `scan` print with `--output json`: field names are the API's, the lists of words are closed. */
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
    owner,
    limits,
  }: Diagnosis,
  nodes: readonly NodeVerdict[],
) {
  return {
    namespace,
    name,
    exists,
    status,
    recount: counts(recount),
    nodes,
    controllerDeletes,
    findings: findings.map(findingReport),
    owner,
    limits: limits.map(plain),
  }
}

function counts({
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
    remedies: remedies.map(({ consequences, ...remedy }) => ({
      ...remedy,
      title: plain(remedy.title),
      why: plain(remedy.why),
      ...(consequences && { consequences: plain(consequences) }),
    })),
  }
}
