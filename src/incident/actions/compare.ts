import { type Bot, timestamp } from '../../bot.ts'
import type { DaemonSetStatus } from '../../kubernetes/objects.ts'
import type { IncidentRow } from '../../store/store.ts'
import type { ChangeAction, ChangeParameters } from '../action-log.ts'
import { rolloutCounts } from '../rollout-progress.ts'
import { diagnosisOf, type Observation } from '../state.ts'

/** A change that has not had its predicted effect after this time has failed. Milliseconds. */
const effectMs = 120_000

/** While an effect is awaited, the next round comes this soon. Milliseconds. */
export const awaitMs = 3_000

/**
 * Stores the result beside the prediction, once: as soon as they agree, or when the time for it is
 * up.
 */
export async function compare(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  { action, parameters }: ChangeAction,
): Promise<void> {
  const { predicted } = parameters
  const { status, isCurrent } =
    row.closed === null ? statusIn(observation, parameters) : await statusNow(bot, row, parameters)
  const result = {
    misscheduled: status?.numberMisscheduled ?? 0,
    desired: status?.desiredNumberScheduled ?? 0,
  }
  const agrees =
    isCurrent &&
    (!predicted ||
      (predicted.numberMisscheduled === result.misscheduled &&
        predicted.desiredNumberScheduled === result.desired))
  const isFinal = observation.state === 'closed' && status !== undefined
  const isLate = bot.now().getTime() - Date.parse(action.at) >= effectMs
  if (!agrees && !isFinal && !isLate) {
    bot.wake(awaitMs)
    return
  }
  const seen = status ? result : null
  const compared = { ...parameters, compared: timestamp(bot), seen } satisfies ChangeParameters
  await bot.store.changeAction(action.id, action.state, { parameters: JSON.stringify(compared) })
}

interface SeenStatus {
  readonly status?: DaemonSetStatus | null | undefined
  /** It knows the change. */
  readonly isCurrent: boolean
}

/** As the round observed it. */
function statusIn(observation: Observation, parameters: ChangeParameters): SeenStatus {
  const diagnosis = observation.unreadable ? undefined : diagnosisOf(observation, parameters)
  const { status, recount } = diagnosis ?? {}
  return {
    status,
    isCurrent: status ? (status.numberMisscheduled ?? 0) === recount?.numberMisscheduled : false,
  }
}

/** A closed incident is observed no longer: only the DaemonSet is read. */
async function statusNow(
  bot: Bot,
  row: IncidentRow,
  { namespace, name, uid }: ChangeParameters,
): Promise<SeenStatus> {
  try {
    const daemonSet = await bot.cluster.daemonSet(namespace, name)
    if (daemonSet?.metadata.uid !== uid) return { isCurrent: false }
    return { status: daemonSet.status, isCurrent: rolloutCounts(daemonSet) !== undefined }
  } catch (error) {
    bot.log.warn({ incident: row.id, err: error }, 'result of a change not read')
    return { isCurrent: false }
  }
}
