import type { Prediction } from '../../daemonset/predict.ts'
import { listed, names, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { isNodeInfrastructure } from '../facts/role.ts'
import { combined } from './combine.ts'
import { consequences, costOf, isUseless, pace } from './consequences.ts'
import { consistent, type Tried } from './consistent.ts'
import { withDistinctTitles } from './distinct-titles.ts'
import { withKeptPods } from './kept-pods.ts'
import { whyForOwner } from './owner-drafts.ts'
import { isFit, type Proposal, predictionOf, type RankedDraft, ranked } from './rank.ts'
import type { Remedy, RemedyDraft } from './remedy.ts'
import { settled } from './settle.ts'
import { simulate } from './simulate.ts'

/**
 * The remedies of each finding of one DaemonSet: its drafts, ranked, combined with those of its other
 * findings, and simulated. For each horizon the preferred draft is recommended; if there is none,
 * waiting is, unless it is tempting or the drafts answer an open question. A rollout that takes
 * needed pods away waits too. Recommended remedies come first, tempting ones last.
 */
export function remedies(
  facts: DaemonSetFacts,
  proposals: readonly Proposal[],
): readonly (readonly Remedy[])[] {
  const own = withKeptPods(facts, proposals).map((proposal) => ranked(facts, proposal))
  const decided = settled(facts, proposals, own)
  const openPods = new Set(
    proposals.flatMap(({ pods }, index) =>
      decided[index]?.some(({ draft }) => draft.answer) ? pods : [],
    ),
  )
  const all = withDistinctTitles(combined(facts, decided))
  return consistent(all.map((drafts) => remediesOf(facts, drafts, openPods)))
}

/** `openPods`: pods of which it is open whether they belong where they are. */
function remediesOf(
  facts: DaemonSetFacts,
  drafts: readonly RankedDraft[],
  openPods: ReadonlySet<string>,
): readonly Tried[] {
  const simulated = drafts.map((one) => ({ ...one, prediction: predictionOf(facts, one) }))
  const recommended = new Map(
    HORIZONS.flatMap((horizon) => {
      const chosen = chosenOf(
        facts,
        simulated.filter(({ draft }) => draft.horizon === horizon && !draft.tempting),
        openPods,
      )
      return chosen ? [[chosen.one, chosen.draft] as const] : []
    }),
  )
  const all = simulated.map((one) => {
    const chosen = recommended.get(one)
    const draft = chosen ?? { ...one.draft, why: whyForOwner(facts, one.draft) }
    return {
      remedy: remedy(facts, { ...one, draft }, chosen !== undefined),
      change: draft.change,
    }
  })
  return [
    ...all.filter(({ remedy }) => remedy.recommended),
    ...all.filter(({ remedy }) => !remedy.recommended && !remedy.tempting),
    ...all.filter(({ remedy }) => remedy.tempting),
  ]
}

/** The one to recommend of one horizon, and its draft with the reason for it. */
function chosenOf(
  facts: DaemonSetFacts,
  candidates: readonly Simulated[],
  openPods: ReadonlySet<string>,
): { readonly one: Simulated; readonly draft: RemedyDraft } | undefined {
  const preferred = candidates.find((one) => one.preferred)
  const cost = preferred?.prediction
    ? costOf(facts, preferred.draft, preferred.prediction, openPods)
    : []
  const isCostly = cost.length > 0 && preferred?.draft.horizon === 'now'
  const first = isCostly
    ? candidates.find((one) => one !== preferred && isFit(facts, one))
    : preferred
  const isOpen = candidates.some(({ draft }) => draft.answer)
  const one = first ?? (isOpen ? undefined : candidates.find(({ draft }) => draft.kind === 'wait'))
  if (!one) return undefined
  if (!isCostly || one.draft.kind !== 'wait') return { one, draft: one.draft }
  // It ends with what keeps the other pods off; the change that it waits for is right then.
  const { bridges: _, ...draft } = one.draft
  return { one, draft: { ...draft, why: waitForOthers(facts, cost, openPods) } }
}

function waitForOthers(
  { nodes }: DaemonSetFacts,
  cost: readonly string[],
  openPods: ReadonlySet<string>,
): Words {
  const there = nodes.filter(({ pods }) => pods.some(({ name }) => cost.includes(name)))
  const first = cost.every((pod) => openPods.has(pod))
    ? 'First decide whether it belongs there.'
    : 'First end what keeps pods off there.'
  return words`The rollout of a toleration would also remove ${listed(cost)} from ${names(there)}, which would then be without it. ${first}`
}

/**
 * Whether the draft lowers the count in the simulation, or has no change to simulate. The simulation
 * counts `readyNodes` as Ready.
 */
export function helps(
  facts: DaemonSetFacts,
  draft: RemedyDraft,
  readyNodes: readonly NodeFacts[] = [],
): boolean {
  return !draft.change || !isUseless(facts, draft, simulate(facts, draft.change, readyNodes))
}

const HORIZONS = ['now', 'for-good'] as const

// A change that helps nothing now, or only with the next node, must not be made with a button, nor
// one that takes away pods that other pods need.
function hasButton(facts: DaemonSetFacts, { draft, prediction }: Simulated): boolean {
  const isHarmful =
    prediction !== undefined &&
    isNodeInfrastructure(facts.role) &&
    costOf(facts, draft, prediction).length > 0
  return !isHarmful && (draft.tempting || draft.kind === 'recount' || helps(facts, draft))
}

interface Simulated extends RankedDraft {
  readonly prediction: Prediction | undefined
}

function remedy(facts: DaemonSetFacts, simulated: Simulated, recommended: boolean): Remedy {
  const { draft, readyNodes, prediction } = simulated
  const { kind, horizon, title, why, commands, snippet, change, tempting = false } = draft
  const { answer, bridges, place, repair } = draft
  const shown = prediction ? consequences(facts, draft, prediction, readyNodes) : []
  return {
    kind,
    horizon,
    recommended,
    tempting,
    ...(answer && { answer }),
    ...(bridges && { bridges }),
    title,
    why,
    ...(shown.length > 0 && { consequences: shown }),
    ...(prediction && prediction.podsRestarted > 0 && { pace: pace(facts.daemonSet) }),
    ...(commands && { commands }),
    ...(snippet && { snippet }),
    ...(place && { place }),
    ...(change && hasButton(facts, simulated) && { change }),
    ...(repair && { repair }),
    predict: prediction
      ? {
          numberMisscheduled: prediction.after.numberMisscheduled,
          desiredNumberScheduled: prediction.after.desiredNumberScheduled,
          podsRestarted: prediction.podsRestarted,
        }
      : null,
  }
}
