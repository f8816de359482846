import type { SelectorRequirement, Taint } from '../kubernetes/objects.ts'

/** One reason why a node should not have the pod. All that fail are listed; `decides` marks the one the controller stops at. */
export type Reason =
  | { readonly type: 'NodeName'; readonly decides: boolean; readonly nodeName: string }
  | { readonly type: 'NodeSelector'; readonly decides: boolean; readonly key: string; readonly value: string; readonly actual: string | null }
  | {
      readonly type: 'NodeAffinity'
      readonly decides: boolean
      /** Each term, with the requirements that fail in it or the error that makes it match nothing. */
      readonly terms: readonly {
        readonly failing: readonly (SelectorRequirement & { readonly field?: boolean; readonly actual: string | null })[]
        readonly error?: string
      }[]
    }
  | ({ readonly type: 'UntoleratedTaint'; readonly decides: boolean } & Taint)
  | { readonly type: 'NamespaceNodeSelector'; readonly decides: boolean; readonly selector: string }
