import type { Bot } from '../../bot.ts'
import { sameList } from '../../kubernetes/patches.ts'
import type { Submission } from '../../slack/interactions.ts'
import type { Modal } from '../../slack/modals.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Result, refusal } from '../../words/result.ts'
import { code, words } from '../../words/words.ts'
import { beginAction, type ChangeParameters, changeActions } from '../action-log.ts'
import { publish } from '../message/publish.ts'
import { carryOut } from './change.ts'

/** Restores the tolerations from before a patch, if they still are what the patch made of them. */
export async function applyUndo(
  bot: Bot,
  row: IncidentRow,
  submission: Submission,
): Promise<Result<Modal>> {
  if (!bot.config.actions.includes('patch'))
    return refusal(
      words`Patches are no longer allowed here (${code('ACTIONS')}), and an undo is a patch too.`,
    )
  const patches = changeActions(await bot.store.actions(row.id), ['patch'])
  const found = patches.find(({ action }) => action.id === submission.actionId)
  if (found?.action.state !== 'active')
    return refusal(words`This patch is already undone, or its incident is over.`)
  const { namespace, name, uid, tolerations } = found.parameters
  const fresh = await bot.cluster.daemonSet(namespace, name)
  const current = fresh?.spec.template.spec?.tolerations ?? []
  if (fresh?.metadata.uid !== uid || !sameList(current, tolerations?.to ?? [])) {
    return refusal(
      words`Somebody else has changed the tolerations of ${code(`${namespace}/${name}`)} since. An undo would revert that too, so nothing was changed.`,
    )
  }
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
  }
  const intent = `undo ${namespace}/${name}`
  const begun = await beginAction(bot, row, { intent, who: submission.user.id, parameters })
  if (!begun.ok) return begun
  const shown = (await publish(bot, row)) ?? row
  return carryOut(bot, shown, begun.value, parameters, () =>
    bot.store.changeAction(found.action.id, 'active', {
      state: 'ended',
      outcome: `undone by ${submission.user.id}`,
    }),
  )
}
