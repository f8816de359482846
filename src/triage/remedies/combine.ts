import type { Toleration } from '../../kubernetes/objects.ts'
import { joined, plain, type Words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { deletionDraft, podsOf, tolerationsOf } from './drafts.ts'
import { placed } from './placement-draft.ts'
import type { RankedDraft } from './rank.ts'
import type { Placement, RemedyDraft } from './remedy.ts'
import { tolerationDraft } from './tolerate-draft.ts'

type Drafts = readonly RankedDraft[]

/**
 * What several findings of one DaemonSet propose, as one: drafts that add tolerations, delete pods
 * or restrict nodes become one draft with all the tolerations, pods or requirements, which each of
 * the findings then has. It is simulated, shown and made as a whole. Only drafts that are preferred
 * are combined with each other, as are answers to an open question, and the rest.
 *
 * Pasting a list replaces the list before, so a toleration or requirement that is not preferred
 * comes with all that are.
 */
export function combined(facts: DaemonSetFacts, findings: readonly Drafts[]): readonly Drafts[] {
  const classes = new Map<string, RankedDraft[]>()
  for (const one of findings.flat()) {
    const id = classOf(one)
    if (id === undefined) continue
    const known = classes.get(id)
    if (known) known.push(one)
    else classes.set(id, [one])
  }
  const wholes = new Map(
    [...classes].map(([id, parts]) => {
      const [first] = parts
      const { kind = 'none', horizon = 'now' } = first?.draft ?? {}
      const firm = first?.preferred ? [] : (classes.get(classId(kind, horizon, 'preferred')) ?? [])
      return [id, whole(facts, parts, firm)] as const
    }),
  )
  return findings.map((drafts) => {
    const all = drafts.map((one) => wholes.get(classOf(one) ?? '') ?? one)
    return all.filter((one, index) => all.indexOf(one) === index)
  })
}

/** What is combined with each other; undefined: the draft stays as it is. */
function classOf({ draft, preferred }: RankedDraft): string | undefined {
  const { kind, horizon, tempting, answer, change, placement } = draft
  if (tempting) return undefined
  const isCombinable =
    change?.kind === 'tolerate' || change?.kind === 'delete-pods' || placement !== undefined
  return isCombinable
    ? classId(kind, horizon, preferred ? 'preferred' : (answer ?? 'possible'))
    : undefined
}

function classId(
  kind: RemedyDraft['kind'],
  horizon: RemedyDraft['horizon'],
  stance: 'preferred' | 'possible' | 'yes' | 'no',
): string {
  return `${kind} ${horizon} ${stance}`
}

/** One draft with what all `parts` and all `firm` ones do; the only one as it is. */
function whole(facts: DaemonSetFacts, parts: Drafts, firm: Drafts): RankedDraft | undefined {
  const [first, ...others] = parts
  if (!first || (others.length === 0 && firm.length === 0)) return first
  const all = [...firm, ...parts]
  return {
    draft: combinedDraft(
      facts,
      all.map(({ draft }) => draft),
      {
        ...first.draft,
        why: joined(distinct(parts.map(({ draft }) => draft.why))),
      },
    ),
    readyNodes: [...new Set(all.flatMap(({ readyNodes }) => readyNodes))],
    preferred: first.preferred,
  }
}

function combinedDraft(
  facts: DaemonSetFacts,
  drafts: readonly RemedyDraft[],
  { horizon, why, choice, answer, kind }: RemedyDraft,
): RemedyDraft {
  const [title, ...others] = distinct(drafts.map(({ title }) => title))
  const part = { horizon, why, ...(choice && { choice }), ...(answer && { answer }) }
  const same = title && others.length === 0 ? { title } : {}
  if (kind === 'tolerate') {
    const tolerations = distinctTolerations(drafts.flatMap(tolerationsOf))
    return tolerationDraft(facts, tolerations, { ...part, ...same })
  }
  if (kind === 'delete-pod') {
    return deletionDraft(facts, [...new Set(drafts.flatMap(podsOf))], part)
  }
  const commands = [...new Set(drafts.flatMap((draft) => draft.commands ?? []))]
  return {
    kind,
    ...part,
    title: joined([title ?? [], ...others.map(asClause)], ', and '),
    ...(commands.length > 0 && { commands }),
    ...placed(facts, combinedPlacement(drafts.flatMap(({ placement }) => placement ?? []))),
  }
}

function combinedPlacement(placements: readonly Placement[]): Placement {
  const selectors = placements.map(({ selector = {} }) => selector)
  const requirements = new Map(
    placements
      .flatMap((placement) => placement.requirements ?? [])
      .map((one) => [JSON.stringify(one), one]),
  )
  return {
    ...(selectors.some((one) => Object.keys(one).length > 0) && {
      selector: Object.assign({}, ...selectors),
    }),
    requirements: [...requirements.values()],
  }
}

function distinctTolerations(tolerations: readonly Toleration[]): readonly Toleration[] {
  return [...new Map(tolerations.map((one) => [JSON.stringify(one), one])).values()]
}

function distinct(all: readonly Words[]): readonly Words[] {
  return [...new Map(all.map((one) => [plain(one), one])).values()]
}

/** The title without its capital. */
function asClause([first = '', ...rest]: Words): Words {
  return typeof first === 'string'
    ? [first.charAt(0).toLowerCase() + first.slice(1), ...rest]
    : [first, ...rest]
}
