import type { Reason } from '../daemonset/decide.ts'
import type { Node, Snapshot } from '../kubernetes/objects.ts'
import { code, joined, plain, plural, theNodes, type Words, words } from '../words/words.ts'
import type { Diagnosis } from './diagnosis.ts'
import { lastWriter } from './facts/managed-fields.ts'
import { reportsNotReady } from './facts/readiness.ts'
import type { Finding } from './findings/finding.ts'
import { byUrgency } from './urgency.ts'

/** What made a misscheduling end. */
export interface Resolution {
  /** A clause: "node `w-5` is gone". */
  readonly by: Words
  /** A changed template: what would keep it from coming back may be done. */
  readonly isTemplate?: true
}

/**
 * What ended a misscheduling: from the last diagnoses that showed it, and the cluster now. The most
 * urgent finding decides. undefined: nothing shows it.
 */
export function resolutionOf(
  before: readonly Diagnosis[],
  snapshot: Snapshot,
): Resolution | undefined {
  const [lead] = byUrgency(before)
  if (!lead) return undefined
  const { diagnosis, finding } = lead
  const { namespace, name, uid } = diagnosis
  if (finding.about === 'no-daemonset') return undefined
  const daemonSet = snapshot.daemonSets.find(
    ({ metadata }) => (metadata.namespace ?? 'default') === namespace && metadata.name === name,
  )
  if (!daemonSet) return { by: words`${code(name)} was deleted` }
  if (daemonSet.metadata.uid !== uid) return { by: words`${code(name)} was recreated` }
  if (finding.about === 'status') return { by: ['the controller recounted'] }
  const byNodes = nodeEnding(diagnosis, finding, snapshot)
  if (byNodes) return { by: byNodes }
  const writer = lastWriter(daemonSet.metadata, ['f:spec', 'f:template'])
  // A changed template also replaces the pods.
  if (writer?.time !== undefined && Date.parse(writer.time) >= Date.parse(diagnosis.at))
    return {
      by: words`${code(writer.manager)} changed the template of ${code(name)}`,
      isTemplate: true,
    }
  return hasPods(finding, namespace, snapshot)
    ? undefined
    : { by: [plural(finding.pods.length, 'its pod is gone', 'its pods are gone')] }
}

/** undefined: the nodes are there and as they were. */
function nodeEnding(
  diagnosis: Diagnosis,
  { nodes: names }: Finding,
  { nodes }: Snapshot,
): Words | undefined {
  const now = new Map(nodes.map((node) => [node.metadata.name, node]))
  const gone = names.filter((name) => !now.has(name))
  const right = diagnosis.nodes.flatMap(({ name, reasons }) => {
    const node = names.includes(name) ? now.get(name) : undefined
    const change = node && changeOf(node, reasons)
    return change ? [change] : []
  })
  const parts = [
    gone.length > 0 ? words`${theNodes(gone)} ${plural(gone.length, 'is', 'are')} gone` : [],
    ...new Map(right.map((change) => [plain(change), change])).values(),
  ]
  return gone.length + right.length === 0 ? undefined : joined(parts.slice(0, 3), ', ')
}

/** What changed on a node so that no reason is left; undefined if one is. */
function changeOf({ metadata, spec }: Node, reasons: readonly Reason[]): Words | undefined {
  const name = code(metadata.name)
  const [reason] = reasons
  if (reason?.type === 'NodeSelector')
    return metadata.labels?.[reason.key] === reason.value
      ? words`${name} has label ${code(`${reason.key}=${reason.value}`)} again`
      : undefined
  const taints = reasons.filter((one) => one.type === 'UntoleratedTaint')
  const [first] = taints
  const isLeft = taints.some(({ key, effect }) =>
    (spec?.taints ?? []).some((taint) => taint.key === key && taint.effect === effect),
  )
  if (!first || isLeft || taints.length < reasons.length) return undefined
  return reportsNotReady(first.key)
    ? words`${name} is Ready again`
    : words`the taint ${code(first.key)} is gone from ${name}`
}

function hasPods({ pods }: Finding, namespace: string, snapshot: Snapshot): boolean {
  return snapshot.pods.some(
    ({ metadata }) =>
      (metadata.namespace ?? 'default') === namespace && pods.includes(metadata.name),
  )
}
