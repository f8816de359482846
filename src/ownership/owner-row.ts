import type { DaemonSet, OwnerReference } from '../kubernetes/objects.ts'

/** The parts of a DaemonSet's metadata that show its owner. */
export interface OwnerEvidence {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly owner: OwnerReference | undefined
  /** Names of field managers; empty if managedFields are hidden. */
  readonly managers: readonly string[]
}

/** Missing parts are empty. Of several owners, the controller counts. */
export function ownerEvidenceOf({ metadata }: DaemonSet): OwnerEvidence {
  const references = metadata.ownerReferences ?? []
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    // Some operators do not set `controller: true`.
    owner: references.find(({ controller }) => controller) ?? references[0],
    managers: (metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? []),
  }
}

/** What an owner does to a manual patch. */
export type OnPatch = 'reverts' | 'overwrites' | 'none'

/** What `OwnerRow.fix` can mention. */
interface FixFacts {
  /** The owner as shown to people: `Helm release datadog in namespace datadog`. */
  readonly name: string
  /** Path of the tolerations in the values or the resource; undefined: unknown. */
  readonly path: string | undefined
  /** Where that path is, if not in the owner itself. */
  readonly place: string | undefined
  readonly evidence: OwnerEvidence
}

/** How to choose the nodes of a DaemonSet whose owner writes its placement. */
export interface OwnPlacement {
  /** An imperative without a final period. */
  readonly title: string
  /** Sentences. */
  readonly why: string
}

/**
 * One kind of owner: how to recognize it, what it does to a patch, and where a lasting fix belongs.
 */
export interface OwnerRow {
  readonly kind: string
  /** undefined: not this owner. */
  readonly find: (evidence: OwnerEvidence) => { readonly name?: string } | undefined
  readonly onPatch: OnPatch
  /** Instead of `onPatch`, if a label or annotation changes what the owner does. */
  readonly onPatchOf?: (evidence: OwnerEvidence) => OnPatch | undefined
  /** It applies the object when it decides to: a patch may last for a while, but not reliably. */
  readonly applies?: true
  /** It has no setting for tolerations: only its provider can add one. */
  readonly takesNone?: true
  /** Where its nodes are chosen, if it takes neither a node selector nor an affinity. */
  readonly placement?: OwnPlacement
  /** A sentence: what undoes a patch, and when. */
  readonly revert: string
  /** A sentence: where to make the change. */
  readonly fix: (facts: FixFacts) => string
  /** Where tolerations are set: a custom resource, chart values, the manifest, or nowhere. */
  readonly input: 'resource' | 'values' | 'manifest' | 'none'
  /** Distance from the object. An owner with a higher number applies the input of a lower one. */
  readonly layer: number
  /** Counts only if no other row matches. */
  readonly onlyAlone?: true
}

/** `at agents.tolerations`, for `OwnerRow.fix`. */
export function pathWords(path: string | undefined): string {
  return path === undefined ? 'in the field for tolerations' : `at ${path}`
}
