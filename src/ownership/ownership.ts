import type { DaemonSet } from '../kubernetes/objects.ts'
import { CLUSTER_OWNERS } from './cluster-owners.ts'
import { DELIVERY_OWNERS } from './delivery-owners.ts'
import { type OwnerRow, ownerEvidenceOf } from './owner-row.ts'
import { tolerationPath } from './toleration-path.ts'

/** Who owns a DaemonSet, and so where a lasting fix goes and what undoes a manual patch. */
export interface Owner {
  /** A row of the ownership table, e.g. `Helm`, `Flux`, `Argo CD`, `operator`, `addon-manager`, `kubectl apply`, `none`. */
  readonly kind: string
  /** e.g. `DatadogAgent datadog/datadog`, `release datadog in namespace datadog`. */
  readonly name?: string
  /** All layers recognised, from the object outwards, e.g. `['operator DatadogAgent datadog', 'Helm release datadog']`. */
  readonly chain: readonly string[]
  /** `reverts`: undoes a patch by itself, soon. `overwrites`: at its next upgrade or apply. `none`: nothing known. */
  readonly onPatch: 'reverts' | 'overwrites' | 'none'
  /** `overwrites` by a platform at a time of its own, not by somebody's next upgrade or apply. */
  readonly applies?: true
  /** One sentence: what would revert a patch and how fast. */
  readonly revert: string
  /** One sentence: where the lasting fix goes. */
  readonly fix: string
  /** Path of the tolerations in the values file or custom resource, where known: `agents.tolerations`. */
  readonly path?: string
}

/** One owner that was recognised. */
export interface OwnerLayer {
  readonly row: OwnerRow
  readonly name: string | undefined
  readonly onPatch: Owner['onPatch']
}

/**
 * The owner by the object's metadata alone: nothing else is read. Of several layers, the first of the table that reverts a patch by itself
 * decides, else the first; where a layer further out applies that one, the fix goes there.
 */
export function ownerOf(daemonSet: DaemonSet): Owner {
  const layers = ownerLayers(daemonSet)
  const deciding = decidingLayer(layers)
  if (deciding === undefined) return nobody(daemonSet)
  const outwards = [...layers].sort((one, other) => one.row.layer - other.row.layer)
  const outermost = outwards.at(-1) ?? deciding
  const path = tolerationPath(deciding.row.input, daemonSet)
  const further =
    outermost.row.layer > deciding.row.layer
      ? ` ${titled(outermost)} applies that in turn: change it there.`
      : ''
  return {
    kind: deciding.row.kind,
    ...(deciding.name !== undefined && { name: deciding.name }),
    chain: outwards.map(titled),
    onPatch: deciding.onPatch,
    ...(deciding.row.applies &&
      deciding.onPatch === 'overwrites' && { applies: deciding.row.applies }),
    revert:
      deciding.onPatch === deciding.row.onPatch
        ? deciding.row.revert
        : `A mark on the object tells ${titled(deciding)} to leave a change alone.`,
    fix:
      deciding.row.fix({
        name: titled(deciding),
        path: path?.text,
        place: path?.place,
        marks: ownerEvidenceOf(daemonSet),
      }) + further,
    ...(path !== undefined && { path: path.text }),
  }
}

/** Whether a patch is no answer: its owner sets it back by itself, soon or at a time of its own. */
export function undoesPatches({ onPatch, applies }: Owner): boolean {
  return onPatch === 'reverts' || applies === true
}

/** All owners recognised, in the order in which they decide. */
export function ownerLayers(daemonSet: DaemonSet): readonly OwnerLayer[] {
  const marks = ownerEvidenceOf(daemonSet)
  const layers = OWNERS.flatMap((row) => {
    const found = row.find(marks)
    return found === undefined
      ? []
      : [{ row, name: found.name, onPatch: row.onPatchOf?.(marks) ?? row.onPatch }]
  })
  // A tool that applies with kubectl leaves kubectl's marks: they prove nothing beside its own.
  const others = layers.filter(({ row }) => !row.onlyAlone)
  return others.length > 0 ? others : layers
}

export function decidingLayer(layers: readonly OwnerLayer[]): OwnerLayer | undefined {
  return layers.find(({ onPatch }) => onPatch === 'reverts') ?? layers[0]
}

function titled({ row, name }: OwnerLayer): string {
  return name === undefined ? row.kind : `${row.kind} ${name}`
}

/** In the order in which they decide. */
const OWNERS: readonly OwnerRow[] = [...CLUSTER_OWNERS, ...DELIVERY_OWNERS]

/** Kubernetes' own tools and the consoles people edit with; a manager of another name may be a controller. */
const HANDS =
  /^(kubectl|k9s|rancher|lens|mozilla|dashboard|headlamp|node-fetch|unknown|okhttp|daemonset-triage)/i

function nobody(daemonSet: DaemonSet): Owner {
  const managers = daemonSet.metadata.managedFields
  const writer = managers?.find(
    ({ manager, fieldsV1 }) => manager && !HANDS.test(manager) && ownsTolerations(fieldsV1),
  )?.manager
  const revert =
    managers === undefined
      ? 'Nothing that is shown would revert a patch, but managedFields are hidden, by which some tools alone are known (kubectl get --show-managed-fields).'
      : writer === undefined
        ? 'Nothing is known that would revert a patch.'
        : `The tolerations were last written by ${writer}; if that is a controller, it may write them again.`
  return {
    kind: 'none',
    chain: [],
    onPatch: 'none',
    revert,
    fix: 'In the DaemonSet itself, and in the manifest it was made from if there is one.',
  }
}

function ownsTolerations(fields: unknown): boolean {
  let at = fields
  for (const step of ['f:spec', 'f:template', 'f:spec', 'f:tolerations']) {
    if (typeof at !== 'object' || at === null) return false
    at = (at as Readonly<Record<string, unknown>>)[step]
  }
  return at !== undefined
}
