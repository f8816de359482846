import type { DaemonSet, OwnerReference } from '../kubernetes/objects.ts'

/** What the sentence about the lasting fix is made of. */
interface FixFacts {
  /** The layer as it is shown, e.g. `Helm release datadog in namespace datadog`. */
  readonly name: string
  /** Path of the tolerations in the values or resource, where known. */
  readonly path: string | undefined
  /** Where that path is, if not in the owner itself. */
  readonly place: string | undefined
  readonly marks: OwnerEvidence
}

export interface OwnerRow {
  readonly kind: string
  /** undefined: not this owner. */
  readonly find: (marks: OwnerEvidence) => { readonly name?: string } | undefined
  readonly onPatch: 'reverts' | 'overwrites' | 'none'
  /** Where a mark on the object itself turns the owner's usual behaviour off. */
  readonly onPatchOf?: (marks: OwnerEvidence) => OwnerRow['onPatch'] | undefined
  /** It applies the object by itself at a time of its own: a patch may hold for a while, but is no answer. */
  readonly applies?: true
  readonly revert: string
  readonly fix: (facts: FixFacts) => string
  /** What the lasting fix is written into: a custom resource, a chart's values, the object's manifest, or nothing that a user has. */
  readonly input: 'resource' | 'values' | 'manifest' | 'none'
  /** How far from the object it stands: the outer one applies the inner one's input. */
  readonly layer: number
  /** Counts only where no other row fits. */
  readonly onlyAlone?: true
}
/** What a DaemonSet's metadata tells of its owner. */
export interface OwnerEvidence {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly owner: OwnerReference | undefined
  readonly managers: readonly string[]
}

export function ownerEvidenceOf({ metadata }: DaemonSet): OwnerEvidence {
  const references = metadata.ownerReferences ?? []
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    // One without `controller: true` tells of the owner too: some operators leave the flag out.
    owner: references.find(({ controller }) => controller) ?? references[0],
    managers: (metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? []),
  }
}
