import type { Right } from './authorizer.ts'
import type { Faults } from './faults.ts'
import type { ObjectStore } from './object-store.ts'
import type { Pager } from './paging.ts'
export interface ApiServerOptions {
  readonly store: ObjectStore
  readonly pager: Pager
  readonly faults: Faults
  readonly token: string
  /** Whose token it is. */
  readonly user: string
  readonly rights: readonly Right[]
  /** Rights of other users, whom a SubjectAccessReview may ask about. */
  readonly users: Readonly<Record<string, readonly Right[]>>
  /** `v1.35.2`. */
  readonly version: string
  readonly onRequest: (request: { readonly method: string; readonly path: string }) => void
}
