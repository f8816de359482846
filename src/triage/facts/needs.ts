import type { Snapshot } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from './facts.ts'

/**
 * Something that a verdict rests on: what stays unknown if it could not be read; undefined if it
 * was read.
 */
export type Need = (verdict: Verdict) => Words | undefined

/** The part of one DaemonSet that a verdict is about. */
export interface Verdict {
  readonly facts: DaemonSetFacts
  readonly nodes: readonly NodeFacts[]
}

/** A list that the verdict needs, and what is unknown without it, as a clause. */
function list(name: keyof Snapshot & string, kind: string, unknown: string): Need {
  return ({ facts }) => {
    const { snapshot } = facts.index
    const resource = name.toLowerCase()
    const unread = snapshot.unreadable.find((one) => one.resource.toLowerCase() === resource)
    if (unread) return unreadableWords(unread, `${capital(unknown)}.`)
    return snapshot[name] === undefined ? [`${kind} were not read, so ${unknown}.`] : undefined
  }
}

/** "`leases` could not be read: 403. …". */
export function unreadableWords(
  { resource, reason }: Snapshot['unreadable'][number],
  without: string,
): Words {
  return words`${code(resource)} could not be read: ${reason}. ${without}`
}

/** Older templates, whether or not there are any. */
export const OLDER_TEMPLATES: Need = list(
  'controllerRevisions',
  'ControllerRevisions',
  'the older templates are unknown',
)

/**
 * Older templates of this DaemonSet: without them, what a change of the template did is unknown.
 */
export const REVISIONS: Need = (verdict) =>
  OLDER_TEMPLATES(verdict) ??
  (verdict.facts.revisions.length === 0
    ? ['No ControllerRevision of the DaemonSet was found, so its older templates are unknown.']
    : undefined)

export const DISRUPTION_BUDGETS: Need = list(
  'podDisruptionBudgets',
  'PodDisruptionBudgets',
  'it is unknown whether one blocks the drain',
)

export const EVENTS: Need = list(
  'events',
  'Events',
  'what tools and controllers reported recently is unknown',
)

export const LEASES: Need = list(
  'leases',
  'Leases',
  'it is unknown whether the tools and controllers that should act are running',
)

/** OpenShift's node selectors of namespaces, and the cluster's default for them. */
export const NAMESPACES: Need = (verdict) =>
  list(
    'namespaces',
    'Namespaces',
    "OpenShift's namespace node selectors cannot be checked",
  )(verdict) ?? defaultNodeSelector(verdict)

function defaultNodeSelector({ facts }: Verdict): Words | undefined {
  const unread = facts.index.snapshot.unreadable.find(({ resource }) =>
    resource.startsWith('schedulers.'),
  )
  return unread && unreadableWords(unread, "OpenShift's default node selector is unknown.")
}

/** Who last wrote a field of the nodes, and when. */
export const MANAGED_FIELDS: Need = ({ nodes }) =>
  nodes.length > 0 && nodes.every(({ node }) => node.metadata.managedFields === undefined)
    ? words`managedFields are missing, so it is unknown who last wrote a taint or label, and when (kubectl needs ${code('--show-managed-fields')}).`
    : undefined

function capital(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1)
}
