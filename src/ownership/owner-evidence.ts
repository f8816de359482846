import type { DaemonSet, OwnerReference } from '../kubernetes/objects.ts'

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
