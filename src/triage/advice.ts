import { code, joined, listed, plain, type Words, words } from '../words/words.ts'
import type { Diagnosis } from './diagnosis.ts'
import { lastingPlace } from './lasting-place.ts'
import type { Remedy } from './remedies/remedy.ts'

/** A remedy of one finding, with the diagnosis it belongs to. */
export interface DiagnosedRemedy {
  readonly diagnosis: Diagnosis
  readonly remedy: Remedy
}

/** One remedy in words, for one or more DaemonSets. */
export interface Advice {
  readonly remedy: Remedy
  /** An imperative, e.g. `Wait: the node is being removed`. */
  readonly title: Words
  /**
   * `misscheduled 3 → 0, desired 26 → 29, 29 pods restart, 1 at a time`; undefined if nothing is
   * simulated.
   */
  readonly simulated?: string
  /**
   * Of a toleration: where it must be added so that it lasts. undefined if nothing undoes a patch.
   */
  readonly where?: Words
  /** The DaemonSets it is for, `namespace/name`. */
  readonly daemonSets: readonly string[]
}

/**
 * The remedies of all findings, equal ones merged: recommended ones first, otherwise in the given
 * order.
 */
export function adviceOf(diagnosed: readonly DiagnosedRemedy[]): readonly Advice[] {
  const several = new Set(diagnosed.map(({ diagnosis }) => nameOf(diagnosis))).size > 1
  const groups = new Map<string, [DiagnosedRemedy, ...DiagnosedRemedy[]]>()
  for (const one of diagnosed) {
    const id = identity(one.remedy, several)
    const group = groups.get(id)
    if (group) group.push(one)
    else groups.set(id, [one])
  }
  const all = [...groups.values()].map((group) => merged(group, several))
  return [
    ...all.filter(({ remedy }) => remedy.recommended),
    ...all.filter(({ remedy }) => !remedy.recommended),
  ]
}

// Waiting is the same whatever the reason. Other remedies for one DaemonSet are the same if their
// titles are.
function identity(
  { kind, horizon, tempting, recommended, title }: Remedy,
  several: boolean,
): string {
  if (kind === 'wait' || kind === 'none') return JSON.stringify([kind, horizon, tempting])
  return JSON.stringify([kind, horizon, tempting, recommended, several ? '' : plain(title)])
}

function merged(group: readonly [DiagnosedRemedy, ...DiagnosedRemedy[]], several: boolean): Advice {
  const lead = group.find(({ remedy }) => remedy.recommended) ?? group[0]
  const remedy = lead.remedy
  const daemonSets = [...new Set(group.map(({ diagnosis }) => nameOf(diagnosis)))]
  const commands = [...new Set(group.flatMap(({ remedy: { commands } }) => commands ?? []))]
  const snippets = [...new Set(group.flatMap(({ remedy: { snippet } }) => snippet ?? []))]
  const simulated = simulation(group)
  const isLasting = remedy.kind === 'tolerate' && !remedy.tempting
  const where = isLasting ? lastingPlace(group.map(({ diagnosis }) => diagnosis)) : []
  return {
    remedy: {
      ...remedy,
      why:
        daemonSets.length === 1 && !remedy.tempting
          ? joined([remedy.why, remedy.consequences ?? []])
          : remedy.why,
      ...(commands.length > 0 && { commands }),
      ...(snippets.length > 0 && { snippet: snippets.join('---\n') }),
    },
    title: daemonSets.length > 1 ? sharedTitle(group, daemonSets.length) : ownTitle(lead, several),
    ...(simulated !== undefined && { simulated }),
    ...(where.length > 0 && { where }),
    daemonSets,
  }
}

/** The title, with the DaemonSet's name if the remedy is for one of several. */
function ownTitle({ diagnosis, remedy }: DiagnosedRemedy, several: boolean): Words {
  return several && remedy.kind === 'tolerate'
    ? words`${remedy.title} in ${code(diagnosis.name)}`
    : remedy.title
}

function sharedTitle(
  group: readonly [DiagnosedRemedy, ...DiagnosedRemedy[]],
  count: number,
): Words {
  const [{ remedy }] = group
  if (remedy.kind === 'tolerate') {
    const keys = group.flatMap(({ remedy: { change } }) =>
      change?.kind === 'tolerate' ? change.tolerations.map(({ key }) => key ?? '') : [],
    )
    return keys.length > 0
      ? words`Tolerate ${listed([...new Set(keys)])} in ${count} DaemonSets`
      : remedy.title
  }
  if (remedy.kind === 'delete-pod') {
    const pods = new Set(
      group.flatMap(({ remedy: { change } }) =>
        change?.kind === 'delete-pods' ? change.pods : [],
      ),
    )
    return pods.size > 1 ? [`Delete the ${pods.size} pods`] : remedy.title
  }
  return remedy.kind === 'recount' ? [`Trigger a recount of the ${count} DaemonSets`] : remedy.title
}

/** The counts before and after, summed over the DaemonSets. */
function simulation(group: readonly DiagnosedRemedy[]): string | undefined {
  const tried = distinctChanges(group)
  if (tried.length === 0) return undefined
  const sum = (of: (one: (typeof tried)[number]) => number) =>
    tried.reduce((total, one) => total + of(one), 0)
  const before = sum(({ diagnosis, remedy }) =>
    remedy.kind === 'recount'
      ? (diagnosis.status?.numberMisscheduled ?? 0)
      : diagnosis.recount.numberMisscheduled,
  )
  const after = sum(({ predict }) => predict.numberMisscheduled)
  const desired = sum(({ diagnosis, remedy }) =>
    remedy.kind === 'recount'
      ? (diagnosis.status?.desiredNumberScheduled ?? 0)
      : diagnosis.recount.desiredNumberScheduled,
  )
  const wanted = sum(({ predict }) => predict.desiredNumberScheduled)
  const restarted = sum(({ predict }) => predict.podsRestarted)
  const pace = tried.length === 1 ? (tried[0]?.remedy.pace ?? []) : []
  return [
    `misscheduled ${before} → ${after}`,
    ...(wanted === desired ? [] : [`desired ${desired} → ${wanted}`]),
    ...(restarted === 0
      ? []
      : [`${restarted} ${restarted === 1 ? 'pod restarts' : 'pods restart'}`].concat(pace)),
  ].join(', ')
}

function distinctChanges(group: readonly DiagnosedRemedy[]) {
  const tried = group.flatMap(({ diagnosis, remedy }) =>
    remedy.predict ? [{ diagnosis, remedy, predict: remedy.predict }] : [],
  )
  return [
    ...new Map(
      tried.map((one) => [`${nameOf(one.diagnosis)} ${JSON.stringify(one.remedy.change)}`, one]),
    ).values(),
  ]
}

function nameOf({ namespace, name }: Diagnosis): string {
  return `${namespace}/${name}`
}
