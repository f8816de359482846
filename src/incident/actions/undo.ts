import type { Bot } from '../../bot.ts'
import { type Prediction, predict } from '../../daemonset/predict.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { undoModal } from '../../slack/change-modals.ts'
import type { Submission } from '../../slack/interactions.ts'
import type { Done, Modal } from '../../slack/modals.ts'
import type { IncidentRow } from '../../store/store.ts'
import { worldOfSnapshot } from '../../triage/facts/feature-gates.ts'
import { errorMessage } from '../../words/error-message.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { code, words } from '../../words/words.ts'
import { beginAction, type ChangeAction, type ChangeParameters } from '../action-log.ts'
import { publish } from '../message/publish.ts'
import { standingPatches, whyNotStanding } from '../standing-patch.ts'
import { carryOut } from './change.ts'
import { lookSoon } from './follow-rollout.ts'
import { undoneBy } from './follow-up.ts'
import { freshSnapshot } from './prepare.ts'

/** Asks before a patch is undone, and shows what that does; also if it cannot be simulated. */
export async function undoDialog(
  bot: Bot,
  row: IncidentRow,
  actionId: string,
): Promise<Result<Modal>> {
  const standing = await standingPatch(bot, row, actionId)
  if (!standing.ok) return standing
  const { change, fresh } = standing.value
  const { namespace, name, tolerations } = change.parameters
  const simulated = await simulate(bot, fresh, change.parameters)
  return success(
    undoModal({
      incidentId: row.id,
      rev: row.rev,
      actionId,
      target: `${namespace}/${name}`,
      who: change.action.who,
      from: tolerations?.to,
      to: tolerations?.from,
      isRollingOut: isRollingOut(change),
      ...(simulated.ok ? { prediction: simulated.value } : { notSimulated: simulated.why }),
    }),
  )
}

/** A stuck rollout is not: its unavailable pods stay so. */
function isRollingOut({ parameters: { rollout } }: ChangeAction): boolean {
  return rollout !== undefined && rollout.finished === undefined && !rollout.stuck
}

/** Restores the tolerations from before a patch, if they still are what the patch made of them. */
export async function applyUndo(
  bot: Bot,
  row: IncidentRow,
  submission: Submission,
): Promise<Result<Done>> {
  const standing = await standingPatch(bot, row, submission.actionId ?? '')
  if (!standing.ok) return standing
  const { change, fresh } = standing.value
  const { namespace, name, uid, tolerations } = change.parameters
  const parameters: ChangeParameters = {
    kind: 'undo',
    namespace,
    name,
    uid,
    before: {
      misscheduled: fresh.status?.numberMisscheduled ?? 0,
      desired: fresh.status?.desiredNumberScheduled ?? 0,
    },
    predicted: null,
    tolerations: { from: tolerations?.to, to: tolerations?.from },
    told: [],
  }
  const intent = `undo ${namespace}/${name}`
  const who = submission.user.id
  const begun = await beginAction(bot, row, { intent, who, parameters })
  if (!begun.ok) return begun
  const shown = (await publish(bot, row)) ?? row
  return carryOut(bot, shown, begun.value, parameters, () =>
    bot.store.changeAction(change.action.id, change.action.state, undoneBy(who)),
  )
}

interface StandingPatch {
  readonly change: ChangeAction
  /** The object as it is now. */
  readonly fresh: DaemonSet
}

/** The patch, if it can be undone now. */
async function standingPatch(
  bot: Bot,
  row: IncidentRow,
  actionId: string,
): Promise<Result<StandingPatch>> {
  if (!bot.config.actions.includes('patch'))
    return refusal(
      words`Patches are no longer allowed here (${code('ACTIONS')}), and an undo is a patch too.`,
    )
  const patches = standingPatches(await bot.store.actions(row.id))
  const change = patches.find(({ action }) => action.id === actionId)
  if (!change)
    return refusal(
      words`This patch is already undone, or can no longer be undone from here: see the thread.`,
    )
  const { namespace, name } = change.parameters
  const fresh = await bot.cluster.daemonSet(namespace, name)
  const why = whyNotStanding(fresh, change.parameters)
  if (!fresh || why) {
    await lookSoon(bot, change)
    return refusal(words`${why ?? []} Nothing was changed.`)
  }
  return success({ change, fresh })
}

async function simulate(
  bot: Bot,
  { metadata }: DaemonSet,
  { tolerations }: ChangeParameters,
): Promise<Result<Prediction>> {
  const { namespace = 'default', name } = metadata
  const read = await freshSnapshot(bot, [{ namespace, name }]).catch((error: unknown) =>
    refusal(words`${errorMessage(error)}.`),
  )
  if (!read.ok) return read
  const daemonSet = read.value.daemonSets.find((one) => one.metadata.uid === metadata.uid)
  if (!daemonSet) return refusal(words`The DaemonSet is not in the reading of the cluster.`)
  const world = worldOfSnapshot(read.value)
  const change = { kind: 'set-tolerations', tolerations: tolerations?.from ?? [] } as const
  return success(predict(daemonSet, world, change))
}
