import { joined, listed, type Words, words } from '../words/words.ts'
import { titleOf } from './advice-title.ts'
import { asClause, sharedWhy } from './advice-why.ts'
import type { Diagnosis } from './diagnosis.ts'
import { lastingPlace } from './lasting-place.ts'
import { repairParts } from './remedies/node-repair.ts'
import type { NodeRepair, Remedy } from './remedies/remedy.ts'
import {
  type DiagnosedRemedy,
  groupsOf,
  needed,
  type RemedyGroup,
  tolerated,
} from './remedy-groups.ts'

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
 * order. For several DaemonSets, each is for all of them or names those it is for.
 */
export function adviceOf(diagnosed: readonly DiagnosedRemedy[]): readonly Advice[] {
  const members = distinct(
    diagnosed
      .filter(({ remedy }) => remedy.kind !== 'none')
      .map(({ diagnosis }) => nameOf(diagnosis)),
  )
  const needed = distinct(
    diagnosed
      .filter(({ diagnosis }) => diagnosis.isNeeded)
      .map(({ diagnosis }) => nameOf(diagnosis)),
  )
  const all = groupsOf(diagnosed, members.length > 1)
    .map((group) => merged(group, members))
    .map((one) => withLeftOut(one, needed))
  const ordered = [
    ...all.filter(({ remedy }) => remedy.recommended),
    ...all.filter(({ remedy }) => !remedy.recommended),
  ]
  return members.length > 1 ? withOneVoice(ordered, members) : ordered
}

function merged(group: RemedyGroup, members: readonly string[]): Advice {
  const repairs = group.flatMap(({ remedy: { repair } }) => repair ?? [])
  if (repairs.length > 0) return asOneRepair(group, repairs)
  const lead = group.find(({ remedy }) => remedy.recommended) ?? group[0]
  const remedy = lead.remedy
  const daemonSets = distinct(group.map(({ diagnosis }) => nameOf(diagnosis)))
  const commands = distinct(needed(group).flatMap((one) => one.remedy.commands ?? []))
  const snippets = distinct(group.flatMap(({ remedy: { snippet } }) => snippet ?? []))
  const simulated = simulation(group)
  const isLasting = remedy.kind === 'tolerate' && !remedy.tempting
  const where = isLasting ? lastingPlace(group.map(({ diagnosis }) => diagnosis)) : []
  return {
    remedy: {
      ...remedy,
      why:
        daemonSets.length === 1 && !remedy.tempting
          ? joined([remedy.why, remedy.consequences ?? []])
          : daemonSets.length === 1
            ? remedy.why
            : sharedWhy(group),
      ...(commands.length > 0 && { commands }),
      ...(snippets.length > 0 && { snippet: snippets.join('---\n') }),
    },
    title: titleOf(group, remedy, {
      names: distinct(group.map(({ diagnosis }) => diagnosis.name)),
      isAll: members.every((name) => daemonSets.includes(name)),
    }),
    ...(simulated !== undefined && { simulated }),
    ...(where.length > 0 && { where }),
    daemonSets,
  }
}

/** Broken nodes are repaired for every DaemonSet on them. */
function asOneRepair(group: RemedyGroup, repairs: readonly NodeRepair[]): Advice {
  const { title, ...parts } = repairParts(repairs)
  return {
    remedy: { ...group[0].remedy, title, ...parts },
    title,
    daemonSets: distinct(group.map(({ diagnosis }) => nameOf(diagnosis))),
  }
}

/** A deletion for several DaemonSets says for which others none is offered, and why. */
function withLeftOut(advice: Advice, needed: readonly string[]): Advice {
  const { remedy, daemonSets } = advice
  const leftOut = needed.filter((name) => !daemonSets.includes(name))
  if (remedy.kind !== 'delete-pod' || remedy.tempting || leftOut.length === 0) return advice
  const note = words`Pods of ${listed(leftOut.map(bare))} are left out: other pods on the node need them.`
  return { ...advice, remedy: { ...remedy, why: joined([remedy.why, note]) } }
}

/**
 * The same toleration is not advised for one DaemonSet and warned against for others in two places:
 * the advice says for which it is right, and why not for the others.
 */
function withOneVoice(all: readonly Advice[], members: readonly string[]): readonly Advice[] {
  return all.flatMap((advice) => {
    const rivals = all.filter((other) => isRival(advice, other))
    if (advice.remedy.tempting) return rivals.length > 0 ? [] : [advice]
    const first = rivals.flatMap((rival) => all.find((other) => isRival(other, rival)) ?? [])[0]
    return [first === advice ? withWarning(advice, rivals, all, members) : advice]
  })
}

/** One is advised and the other is tempting, and both tolerate the same taint. */
function isRival({ remedy }: Advice, { remedy: other }: Advice): boolean {
  if (remedy.kind !== 'tolerate' || other.kind !== 'tolerate') return false
  const keys = tolerated([remedy])
  return remedy.tempting !== other.tempting && tolerated([other]).some((key) => keys.includes(key))
}

function withWarning(
  advice: Advice,
  rivals: readonly Advice[],
  all: readonly Advice[],
  members: readonly string[],
): Advice {
  const right = all
    .filter(({ remedy }) => !remedy.tempting)
    .filter((other) => rivals.some((rival) => isRival(other, rival)))
  const served = right.flatMap(({ daemonSets }) => daemonSets)
  const wrong = distinct(rivals.flatMap(({ daemonSets }) => daemonSets)).filter(
    (name) => !served.includes(name),
  )
  const [rival] = rivals
  if (wrong.length === 0 || !rival) return advice
  const isRest = wrong.length + distinct(served).length === members.length
  const others =
    isRest && wrong.length > 1 ? [`the other ${wrong.length} DaemonSets`] : listed(wrong.map(bare))
  const warning = words`In ${others} it is wrong: ${asClause(rival.remedy.why)}`
  return {
    ...advice,
    title: words`${advice.title} only`,
    remedy: { ...advice.remedy, why: joined([advice.remedy.why, warning]) },
  }
}

/** The counts before and after, summed over the DaemonSets. Of each there is one simulation. */
function simulation(group: readonly DiagnosedRemedy[]): string | undefined {
  const tried = simulatedOnce(group)
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

function simulatedOnce(group: readonly DiagnosedRemedy[]) {
  const tried = group.flatMap(({ diagnosis, remedy }) =>
    remedy.predict ? [{ diagnosis, remedy, predict: remedy.predict }] : [],
  )
  return tried.filter(
    (one, index) => tried.findIndex(({ diagnosis }) => diagnosis === one.diagnosis) === index,
  )
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}

/** Without its namespace. */
function bare(daemonSet: string): string {
  return daemonSet.slice(daemonSet.indexOf('/') + 1)
}

function nameOf({ namespace, name }: Diagnosis): string {
  return `${namespace}/${name}`
}
