import { counted, listed, plain, type Words, words } from '../words/words.ts'
import type { Remedy, RemedyKind } from './remedies/remedy.ts'
import { type RemedyGroup, tolerated } from './remedy-groups.ts'

/** For whom the remedies of a group are. */
export interface Addressees {
  /** Names without namespaces, each once. */
  readonly names: readonly string[]
  /** They are all the DaemonSets of the incident that something is wrong with. */
  readonly isAll: boolean
}

/**
 * What the remedies do, in one title: for all DaemonSets of the incident together, or for the ones
 * that it names.
 */
export function titleOf(group: RemedyGroup, lead: Remedy, { names, isAll }: Addressees): Words {
  const { kind } = lead
  const many = names.length > 1
  const title = many ? titleForMany(group, lead, names.length) : lead.title
  if (isAll)
    return many && kind === 'tolerate' ? words`${title} in ${names.length} DaemonSets` : title
  const link = LINKS[kind]
  const isNamed = names.every((name) => plain(title).includes(`\`${name}\``))
  return link === undefined || isNamed ? title : words`${title}${link[0]}${listed(names)}${link[1]}`
}

/** Before and after the names of DaemonSets. Remedies of other kinds are about nodes, or no names. */
const LINKS: Partial<Record<RemedyKind, readonly [string, string]>> = {
  tolerate: [' in ', ''],
  'change-placement': [' in ', ''],
  'delete-pod': [' of ', ''],
  'unblock-rollout': [' of ', ''],
  'remove-finalizer': [' of ', ''],
  'separate-owners': [' for ', ''],
  recount: [' for ', ''],
  wait: [' (', ')'],
}

function titleForMany(group: RemedyGroup, { kind, title }: Remedy, count: number): Words {
  switch (kind) {
    case 'tolerate': {
      const keys = tolerated(group.map(({ remedy }) => remedy))
      return keys.length > 0 ? words`Tolerate ${listed(keys)}` : title
    }
    case 'delete-pod': {
      const pods = new Set(
        group.flatMap(({ remedy: { change } }) =>
          change?.kind === 'delete-pods' ? change.pods : [],
        ),
      )
      return pods.size > 1 ? [`Delete the ${pods.size} pods`] : title
    }
    case 'recount':
      return [`Trigger a recount of the ${counted(count, 'DaemonSet')}`]
    default:
      return title
  }
}
