import type { Prediction } from '../../daemonset/predict.ts'
import { listed, names, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { isNodeInfrastructure } from '../facts/role.ts'
import { consequences, costOf, isUseless, pace } from './consequences.ts'
import { draftsForOwner } from './owner-drafts.ts'
import type { Remedy, RemedyDraft } from './remedy.ts'
import { simulate } from './simulate.ts'

/**
 * Simulates all drafts on the snapshot and ranks them. Drafts come in order of preference. For each
 * horizon, the first draft that is neither tempting nor a mere choice, and that does not leave the
 * count as it is, is recommended; if there is none, waiting is, unless it is tempting or the
 * drafts answer an open question. A rollout that takes needed pods away waits too. Recommended
 * remedies come first, tempting ones last. What is for good is simulated as if the `explained`
 * nodes were Ready: that they are not ends with them, not with the DaemonSet.
 */
export function remedies(
  facts: DaemonSetFacts,
  drafts: readonly RemedyDraft[],
  explained: readonly NodeFacts[] = [],
): readonly Remedy[] {
  const readyNodes = (draft: RemedyDraft) => (draft.horizon === 'for-good' ? explained : [])
  const simulated = draftsForOwner(facts, drafts).map((draft) => ({
    draft,
    readyNodes: readyNodes(draft),
    prediction: draft.change && simulate(facts, draft.change, readyNodes(draft)),
  }))
  const recommended = new Map(
    HORIZONS.flatMap((horizon) => {
      const chosen = chosenOf(
        facts,
        simulated.filter(({ draft }) => draft.horizon === horizon && !draft.tempting),
      )
      return chosen ? [[chosen.one, chosen.why] as const] : []
    }),
  )
  const all = simulated.map((one) => {
    const why = recommended.get(one)
    return remedy(facts, why ? { ...one, draft: { ...one.draft, why } } : one, why !== undefined)
  })
  return [
    ...all.filter((one) => one.recommended),
    ...all.filter((one) => !one.recommended && !one.tempting),
    ...all.filter((one) => one.tempting),
  ]
}

/** The one to recommend of one horizon, and why. */
function chosenOf(
  facts: DaemonSetFacts,
  candidates: readonly Simulated[],
): { readonly one: Simulated; readonly why: Words } | undefined {
  const fit = candidates.filter(
    ({ draft, prediction }) =>
      !draft.choice && !draft.answer && !(prediction && isUseless(facts, draft, prediction)),
  )
  const costly = fit.find(({ draft }) => draft.horizon === 'now')
  const cost = costly?.prediction ? costOf(facts, costly.draft, costly.prediction) : []
  const first = cost.length > 0 ? fit.find((one) => one !== costly) : fit[0]
  const isOpen = candidates.some(({ draft }) => draft.answer)
  const one = first ?? (isOpen ? undefined : candidates.find(({ draft }) => draft.kind === 'wait'))
  if (!one) return undefined
  const isBridge = cost.length > 0 && one.draft.kind === 'wait'
  return { one, why: isBridge ? waitForOthers(facts, cost) : one.draft.why }
}

function waitForOthers({ nodes }: DaemonSetFacts, cost: readonly string[]): Words {
  const there = nodes.filter(({ pods }) => pods.some(({ name }) => cost.includes(name)))
  return words`The rollout of a toleration would also remove ${listed(cost)} from ${names(there)}, which would stay without. First end what keeps pods off there.`
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

// A change that only helps with the next node must not be made with a button now, nor one that
// takes away pods that other pods need.
function hasButton(facts: DaemonSetFacts, { draft, readyNodes, prediction }: Simulated): boolean {
  const isHarmful =
    prediction !== undefined &&
    isNodeInfrastructure(facts.role) &&
    costOf(facts, draft, prediction).length > 0
  return !isHarmful && (readyNodes.length === 0 || helps(facts, draft))
}

interface Simulated {
  readonly draft: RemedyDraft
  readonly readyNodes: readonly NodeFacts[]
  readonly prediction: Prediction | undefined
}

function remedy(facts: DaemonSetFacts, simulated: Simulated, recommended: boolean): Remedy {
  const { draft, readyNodes, prediction } = simulated
  const { kind, horizon, title, why, commands, snippet, change, tempting = false } = draft
  const { answer, place } = draft
  const shown = prediction ? consequences(facts, draft, prediction, readyNodes) : []
  return {
    kind,
    horizon,
    recommended,
    tempting,
    ...(answer && { answer }),
    title,
    why,
    ...(shown.length > 0 && { consequences: shown }),
    ...(prediction && prediction.podsRestarted > 0 && { pace: pace(facts.daemonSet) }),
    ...(commands && { commands }),
    ...(snippet && { snippet }),
    ...(place && { place }),
    ...(change && hasButton(facts, simulated) && { change }),
    predict: prediction
      ? {
          numberMisscheduled: prediction.after.numberMisscheduled,
          desiredNumberScheduled: prediction.after.desiredNumberScheduled,
          podsRestarted: prediction.podsRestarted,
        }
      : null,
  }
}
