import type { DaemonSet, Snapshot } from './objects.ts'

/** The API server's refusal or silence, with what it was asked. */
export class KubernetesError extends Error {
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined
  /** `reason` of the API's Status object, e.g. `Forbidden`, `NotFound`, `Invalid`. */
  readonly reason: string | undefined
  constructor(message: string, status?: number, reason?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KubernetesError'
    this.status = status
    this.reason = reason
  }
}

/** RFC 6902. */
export type JsonPatch = readonly {
  readonly op: 'test' | 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}[]

export type Verb = 'patch' | 'delete'

/** The part of a cluster that the loop and the buttons use. */
export interface Cluster {
  /** Reads all lists, in pages; what cannot be read is named in `unreadable`, never thrown. Throws KubernetesError only where nothing could be read. */
  snapshot(): Promise<Snapshot>
  /** The whole object, fresh. undefined: there is none. */
  daemonSet(
    namespace: string,
    name: string,
  ): Promise<(DaemonSet & Readonly<Record<string, unknown>>) | undefined>
  patchDaemonSet(
    namespace: string,
    name: string,
    patch: JsonPatch,
    options?: { readonly dryRun?: boolean },
  ): Promise<DaemonSet>
  /** Deletes the pod if it still has this uid. */
  deletePod(
    namespace: string,
    name: string,
    uid: string,
    options?: { readonly dryRun?: boolean },
  ): Promise<void>
  /** SelfSubjectAccessReview: may the bot do this here? `reason` says what is missing. */
  may(
    verb: Verb,
    resource: 'daemonsets' | 'pods',
    namespace: string,
    name?: string,
  ): Promise<{ readonly allowed: boolean; readonly reason?: string }>
}
