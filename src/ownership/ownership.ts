import type { DaemonSet } from '../kubernetes/objects.ts'
import { CLUSTER_OWNERS } from './cluster-owners.ts'
import { DEPLOY_OWNERS } from './deploy-owners.ts'
import { GITOPS_OWNERS } from './gitops-owners.ts'
import { type OnPatch, type OwnerRow, type OwnPlacement, ownerEvidenceOf } from './owner-row.ts'
import { RANCHER_OWNERS } from './rancher-owners.ts'
import { tolerationPath } from './toleration-path.ts'

/** Who owns a DaemonSet: what undoes a manual patch, and where a lasting fix belongs. */
export interface Owner {
  /** `Helm`, `Flux`, `Argo CD`, `operator`, …: a row of the tables, or `none`. */
  readonly kind: string
  /** `DatadogAgent datadog`, `release datadog in namespace datadog`. */
  readonly name?: string
  /**
   * Every owner, from the object outwards: `['operator DatadogAgent datadog', 'Helm release
   * datadog']`.
   */
  readonly chain: readonly string[]
  /**
   * `reverts`: soon, on its own. `overwrites`: at its next upgrade or apply. `none`: not known to.
   */
  readonly onPatch: OnPatch
  /** `overwrites` when a platform decides to, not when a person runs an upgrade. */
  readonly applies?: true
  /** It has no setting for tolerations: only its provider can add one. */
  readonly takesNone?: true
  /** Where its nodes are chosen, if it takes neither a node selector nor an affinity. */
  readonly placement?: OwnPlacement
  /** A sentence: what undoes a patch, and when. */
  readonly revert: string
  /** A sentence: where to make a lasting change. */
  readonly fix: string
  /**
   * Path of the tolerations in the values file or custom resource, if known: `agents.tolerations`.
   */
  readonly path?: string
}

/** One owner of the chain. */
export interface OwnerLayer {
  readonly row: OwnerRow
  readonly name: string | undefined
  readonly onPatch: OnPatch
}

/**
 * The owner, judged by the object's metadata and nothing else. Of several, the first that reverts a
 * patch decides, or else the first. If another one applies the deciding owner's input, the fix
 * belongs there.
 */
export function ownerOf(daemonSet: DaemonSet): Owner {
  const layers = ownerLayers(daemonSet)
  const deciding = decidingLayer(layers)
  if (deciding === undefined) return noOwner(daemonSet)
  const outwards = [...layers].sort((one, other) => one.row.layer - other.row.layer)
  const outermost = outwards.at(-1) ?? deciding
  const path = tolerationPath(deciding.row.input, daemonSet)
  const further =
    outermost.row.layer > deciding.row.layer
      ? ` That is managed by ${titled(outermost)}, so change it there.`
      : ''
  return {
    kind: deciding.row.kind,
    ...(deciding.name !== undefined && { name: deciding.name }),
    chain: outwards.map(titled),
    onPatch: deciding.onPatch,
    ...(deciding.row.applies &&
      deciding.onPatch === 'overwrites' && { applies: deciding.row.applies }),
    ...(deciding.row.takesNone &&
      deciding.onPatch === 'reverts' && {
        takesNone: deciding.row.takesNone,
        placement: BY_PROVIDER,
      }),
    ...(deciding.row.placement && { placement: deciding.row.placement }),
    revert:
      deciding.onPatch === deciding.row.onPatch
        ? deciding.row.revert
        : `A label or annotation tells ${titled(deciding)} not to correct changes${deciding.onPatch === 'overwrites' ? ', but its next upgrade overwrites them' : ''}.`,
    fix:
      deciding.row.fix({
        name: titled(deciding),
        path: path?.text,
        place: path?.place,
        evidence: ownerEvidenceOf(daemonSet),
      }) + further,
    ...(path !== undefined && { path: path.text }),
  }
}

const BY_PROVIDER: OwnPlacement = {
  title: 'Ask the provider to keep it off these nodes',
  why: 'Only the provider can change its node selector and affinity.',
}

/** Whether a patch is pointless, because its owner undoes it without anybody's doing. */
export function undoesPatches({ onPatch, applies }: Owner): boolean {
  return onPatch === 'reverts' || applies === true
}

/** Every owner that is recognized, in the order of the tables. */
export function ownerLayers(daemonSet: DaemonSet): readonly OwnerLayer[] {
  const evidence = ownerEvidenceOf(daemonSet)
  const layers = OWNERS.flatMap((row) => {
    const found = row.find(evidence)
    return found === undefined
      ? []
      : [{ row, name: found.name, onPatch: row.onPatchOf?.(evidence) ?? row.onPatch }]
  })
  // Other tools apply with kubectl too, and leave its annotation.
  const others = layers.filter(({ row }) => !row.onlyAlone)
  return others.length > 0 ? others : layers
}

/** The owner whose row says what happens to a patch; undefined: none is recognized. */
export function decidingLayer(layers: readonly OwnerLayer[]): OwnerLayer | undefined {
  return layers.find(({ onPatch }) => onPatch === 'reverts') ?? layers[0]
}

function titled({ row, name }: OwnerLayer): string {
  return name === undefined ? row.kind : `${row.kind} ${name}`
}

const OWNERS: readonly OwnerRow[] = [
  ...CLUSTER_OWNERS,
  ...GITOPS_OWNERS,
  ...RANCHER_OWNERS,
  ...DEPLOY_OWNERS,
]

/** Field managers of tools and consoles that people use. Any other one may be a controller. */
const MANUAL_MANAGERS =
  /^(kubectl|k9s|rancher|lens|mozilla|dashboard|headlamp|node-fetch|unknown|okhttp|daemonset-triage)/i

function noOwner(daemonSet: DaemonSet): Owner {
  const managers = daemonSet.metadata.managedFields
  const writer = managers?.find(
    ({ manager, fieldsV1 }) =>
      manager && !MANUAL_MANAGERS.test(manager) && ownsTolerations(fieldsV1),
  )?.manager
  const revert =
    managers === undefined
      ? 'Nothing is known to revert a patch, but managedFields are hidden, and some tools are known only by them (kubectl get --show-managed-fields).'
      : writer === undefined
        ? 'Nothing is known to revert a patch.'
        : `The tolerations were last written by ${writer}. If that is a controller, it may write them again.`
  return {
    kind: 'none',
    chain: [],
    onPatch: 'none',
    revert,
    fix: 'Change the DaemonSet itself, and its manifest if there is one.',
  }
}

function ownsTolerations(fieldsV1: unknown): boolean {
  let fields = fieldsV1
  for (const step of ['f:spec', 'f:template', 'f:spec', 'f:tolerations']) {
    if (typeof fields !== 'object' || fields === null) return false
    fields = Object.entries(fields).find(([key]) => key === step)?.[1]
  }
  return fields !== undefined
}
