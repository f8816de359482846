import type { DaemonSet, LabelSelector, Pod, Snapshot } from './objects.ts'
import type { JsonPatch } from './patches.ts'
import type { Question } from './question.ts'

/** The API server refused a request or did not respond, or there is no way to reach one. */
export class KubernetesError extends Error {
  /** HTTP status; undefined if there was no response. */
  readonly status: number | undefined
  /** `reason` of the API's Status object, such as `Forbidden`, `NotFound` or `Invalid`. */
  readonly reason: string | undefined
  constructor(message: string, status?: number, reason?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KubernetesError'
    this.status = status
    this.reason = reason
  }
}

/** What the bot's buttons need a permission for. */
export type Verb = 'patch' | 'delete'

/**
 * The part of a cluster that the loop and the buttons use. Every method may throw KubernetesError.
 */
export interface Cluster {
  /**
   * Reads what the question needs; without one, every list in full. A list that cannot be read is
   * named in `unreadable`; throws if none can be read, and as soon as `signal` is aborted.
   */
  snapshot(question?: Question, signal?: AbortSignal): Promise<Snapshot>
  /** The whole object, fresh from the API server. undefined: it does not exist. */
  daemonSet(
    namespace: string,
    name: string,
  ): Promise<(DaemonSet & Readonly<Record<string, unknown>>) | undefined>
  /** The pods of a namespace that the selector selects; none for `null`. */
  pods(namespace: string, selector: LabelSelector | null): Promise<readonly Pod[]>
  patchDaemonSet(
    namespace: string,
    name: string,
    patch: JsonPatch,
    options?: { readonly dryRun?: boolean },
  ): Promise<DaemonSet>
  /** Throws (409 Conflict) if the pod no longer has this uid. */
  deletePod(
    namespace: string,
    name: string,
    uid: string,
    options?: { readonly dryRun?: boolean },
  ): Promise<void>
  /** SelfSubjectAccessReview of the bot's own permission. `reason` says what is missing. */
  may(
    verb: Verb,
    resource: 'daemonsets' | 'pods',
    namespace: string,
    name?: string,
  ): Promise<{ readonly allowed: boolean; readonly reason?: string }>
}
