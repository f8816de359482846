import type { Pod } from '../kubernetes/objects.ts'
import { requiredTerms } from './affinity.ts'

/** The node that a daemon pod is on, or is pinned to while it waits for the scheduler; undefined: it belongs to no node and counts nowhere. */
export function targetNodeName(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  for (const term of requiredTerms(pod.spec) ?? []) {
    for (const field of term.matchFields ?? []) {
      if (field.key !== 'metadata.name' || field.operator !== 'In') continue
      // The first pin decides: a second name in it is an error, even if a later term has just one.
      return field.values?.length === 1 ? field.values[0] : undefined
    }
  }
  return undefined
}
