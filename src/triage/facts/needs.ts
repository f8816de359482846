import type { DaemonSetFacts } from './facts.ts'

/** A list of the snapshot that a cause or a hold draws on, and what stays unknown without it. */
export interface Need {
  readonly list: 'controllerRevisions' | 'podDisruptionBudgets' | 'events' | 'leases' | 'namespaces'
  /** The sentence to show if the list was not read. */
  readonly unread: string
  /** The sentence to show if the list was read and holds nothing of this DaemonSet. */
  readonly empty?: { readonly is: (facts: DaemonSetFacts) => boolean; readonly sentence: string }
}

/** Older templates: without them, what a change of the template did is unknown. */
export const REVISIONS: Need = {
  list: 'controllerRevisions',
  unread: 'ControllerRevisions were not read, so the older templates are unknown.',
  empty: {
    is: ({ revisions }) => revisions.length === 0,
    sentence:
      'No ControllerRevision of the DaemonSet was found, so its older templates are unknown.',
  },
}

export const DISRUPTION_BUDGETS: Need = {
  list: 'podDisruptionBudgets',
  unread: 'PodDisruptionBudgets were not read, so it is unknown whether one blocks the drain.',
}

export const EVENTS: Need = {
  list: 'events',
  unread: 'Events were not read, so what tools and controllers reported recently is unknown.',
}

export const LEASES: Need = {
  list: 'leases',
  unread:
    'Leases were not read, so it is unknown whether the tools and controllers that should act are running.',
}

export const NAMESPACES: Need = {
  list: 'namespaces',
  unread: "Namespaces were not read, so OpenShift's namespace node selectors cannot be checked.",
}
