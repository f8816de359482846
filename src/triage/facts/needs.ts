import type { DaemonSetFacts } from './facts.ts'

/** A list of the snapshot that a cause or a hold reads, and what is unknown without it. */
export interface Need {
  readonly list: 'controllerRevisions' | 'podDisruptionBudgets' | 'events' | 'leases' | 'namespaces'
  /** The sentence to show if the list was not read. */
  readonly unread: string
  /** The sentence to show if the list was read and has nothing about this DaemonSet. */
  readonly empty?: { readonly is: (facts: DaemonSetFacts) => boolean; readonly sentence: string }
}

/** For the older templates. */
export const REVISIONS: Need = {
  list: 'controllerRevisions',
  unread: 'ControllerRevisions were not read, so the older templates are unknown.',
  empty: {
    is: ({ revisions }) => revisions.length === 0,
    sentence:
      'No ControllerRevision of the DaemonSet was found, so its older templates are unknown.',
  },
}

/** For the pods that a drain cannot evict. */
export const DISRUPTION_BUDGETS: Need = {
  list: 'podDisruptionBudgets',
  unread: 'PodDisruptionBudgets were not read, so it is unknown whether one blocks the drain.',
}

/** For what tools and controllers reported. */
export const EVENTS: Need = {
  list: 'events',
  unread: 'Events were not read, so what tools and controllers reported recently is unknown.',
}

/** For whether tools and controllers are running. */
export const LEASES: Need = {
  list: 'leases',
  unread:
    'Leases were not read, so it is unknown whether the tools and controllers that should act are running.',
}

/** For OpenShift's namespace node selectors. */
export const NAMESPACES: Need = {
  list: 'namespaces',
  unread: "Namespaces were not read, so OpenShift's namespace node selectors cannot be checked.",
}
