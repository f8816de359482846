import type { Prediction } from '../../daemonset/predict.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { consequences, isUseless, pace } from './consequences.ts'
import type { Remedy, RemedyDraft } from './remedy.ts'
import { simulate } from './simulate.ts'

/**
 * Simulates all drafts on the snapshot and ranks them. Drafts come in order of preference. For each
 * horizon, the first draft that is neither tempting nor a mere choice, and that does not leave the
 * count as it is, is recommended; if there is none, waiting is, unless it is tempting. Recommended
 * remedies come first, tempting ones last. What is for good is simulated as if the `explained`
 * nodes were Ready: that they are not ends with them, not with the DaemonSet.
 */
export function remedies(
  facts: DaemonSetFacts,
  drafts: readonly RemedyDraft[],
  explained: readonly NodeFacts[] = [],
): readonly Remedy[] {
  const readyNodes = (draft: RemedyDraft) => (draft.horizon === 'for-good' ? explained : [])
  const simulated = drafts.map((draft) => ({
    draft,
    readyNodes: readyNodes(draft),
    prediction: draft.change && simulate(facts, draft.change, readyNodes(draft)),
  }))
  const recommended = new Set(
    HORIZONS.map(
      (horizon) =>
        simulated.find(
          ({ draft, prediction }) =>
            draft.horizon === horizon &&
            !draft.tempting &&
            !draft.choice &&
            !(prediction && isUseless(facts, draft, prediction)),
        ) ??
        simulated.find(
          ({ draft }) => draft.horizon === horizon && draft.kind === 'wait' && !draft.tempting,
        ),
    ),
  )
  const all = simulated.map((one) => remedy(facts, one, recommended.has(one)))
  return [
    ...all.filter((one) => one.recommended),
    ...all.filter((one) => !one.recommended && !one.tempting),
    ...all.filter((one) => one.tempting),
  ]
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

// A change that only helps with the next node must not be made with a button now.
function isUsefulNow(
  facts: DaemonSetFacts,
  draft: RemedyDraft,
  readyNodes: readonly NodeFacts[],
): boolean {
  return readyNodes.length === 0 || helps(facts, draft)
}

interface Simulated {
  readonly draft: RemedyDraft
  readonly readyNodes: readonly NodeFacts[]
  readonly prediction: Prediction | undefined
}

function remedy(
  facts: DaemonSetFacts,
  { draft, readyNodes, prediction }: Simulated,
  recommended: boolean,
): Remedy {
  const { kind, horizon, title, why, commands, snippet, change, tempting = false } = draft
  const shown = prediction ? consequences(facts, draft, prediction, readyNodes) : []
  return {
    kind,
    horizon,
    recommended,
    tempting,
    title,
    why,
    ...(shown.length > 0 && { consequences: shown }),
    ...(prediction && prediction.podsRestarted > 0 && { pace: pace(facts.daemonSet) }),
    ...(commands && { commands }),
    ...(snippet && { snippet }),
    ...(change && isUsefulNow(facts, draft, readyNodes) && { change }),
    predict: prediction
      ? {
          numberMisscheduled: prediction.after.numberMisscheduled,
          desiredNumberScheduled: prediction.after.desiredNumberScheduled,
          podsRestarted: prediction.podsRestarted,
        }
      : null,
  }
}
