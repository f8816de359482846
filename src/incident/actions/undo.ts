import type { Bot } from '../../bot.ts'
import { sameList } from '../../kubernetes/patches.ts'
import type { Submission } from '../../slack/handlers.ts'
import type { Modal } from '../../slack/modal-parts.ts'
import type { IncidentRow } from '../../store/store.ts'
import { code, type Words, words } from '../../words/words.ts'
import { begin, isAction } from '../action-log.ts'
import { type ChangeParameters, changeActions } from '../action-parameters.ts'
import { publish } from '../message/publish.ts'
import { carryOut } from './change-dialog.ts'

/** Sets the tolerations back to what they were before a patch, if they still are what the patch made of them. */
export async function applyUndo(
  bot: Bot,
  row: IncidentRow,
  submission: Submission,
): Promise<Modal | Words> {
  if (!bot.config.actions.includes('patch'))
    return words`Patches are not allowed here any more (${code('ACTIONS')}), and to undo one is a patch too.`
  const found = changeActions(await bot.store.actions(row.id), 'patch').find(
    ({ action }) => action.id === submission.actionId,
  )
  if (found?.action.state !== 'active')
    return words`This patch was undone already, or its incident is over.`
  const { parameters: patch } = found
  const name = code(`${patch.namespace}/${patch.name}`)
  const fresh = await bot.cluster.daemonSet(patch.namespace, patch.name)
  const now = fresh?.spec.template.spec?.tolerations ?? []
  if (fresh?.metadata.uid !== patch.uid || !sameList(now, patch.tolerations?.to ?? [])) {
    return words`The tolerations of ${name} were changed by somebody else since. Undoing would take that back too, so nothing was done.`
  }
  const parameters: ChangeParameters = {
    kind: 'undo',
    namespace: patch.namespace,
    name: patch.name,
    uid: patch.uid,
    before: {
      misscheduled: fresh.status?.numberMisscheduled ?? 0,
      desired: fresh.status?.desiredNumberScheduled ?? 0,
    },
    predicted: null,
    tolerations: { from: patch.tolerations?.to, to: patch.tolerations?.from },
  }
  const action = await begin(
    bot,
    row,
    `undo ${patch.namespace}/${patch.name}`,
    submission.user.id,
    parameters,
  )
  if (!isAction(action)) return action
  await publish(bot, row)
  const outcome = await carryOut(bot, row, action, parameters)
  const undone =
    (await bot.store.actions(row.id)).find((one) => one.id === action.id)?.state === 'done'
  if (undone)
    await bot.store.changeAction(found.action.id, 'active', {
      state: 'ended',
      outcome: `undone by ${submission.user.id}`,
    })
  const last = await bot.store.incident(row.id)
  if (undone && last) await publish(bot, last)
  return outcome
}
