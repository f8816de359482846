import { createHash } from 'node:crypto'
import type { Bot } from '../../bot.ts'
import type { Snapshot } from '../../kubernetes/objects.ts'
import { deleteModal, patchModal, recountModal } from '../../slack/change-modals.ts'
import type { Submission } from '../../slack/interactions.ts'
import { type Done, type Modal, pickModal } from '../../slack/modals.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { type Words, words } from '../../words/words.ts'
import { beginAction, type ChangeParameters } from '../action-log.ts'
import { explanationOf, publish } from '../message/publish.ts'
import { observe, readingOf, subjectsOf } from '../observe.ts'
import {
  allowedChanges,
  type ChangeAction,
  intentOf,
  type OfferedChange,
  offeredFor,
} from '../offered.ts'
import { diagnosisOf, type Observation } from '../state.ts'
import { observationOf } from '../stored-observation.ts'
import { carryOut } from './change.ts'
import { freshSnapshot, type PreparedChange, prepare } from './prepare.ts'

/**
 * The modal of a change, from a fresh reading: the change itself, its simulation, and the
 * API server's verdict on a dry run. With several DaemonSets, a first modal asks which.
 */
export async function changeModal(
  bot: Bot,
  row: IncidentRow,
  press: ChangeAction,
  chosen?: string,
): Promise<Result<Modal>> {
  const current = await offeredNow(bot, row, press)
  if (!current.ok) return current
  const { changes, snapshot, observation } = current.value
  if (chosen === undefined && changes.length > 1) {
    const choices = changes.map(nameOf)
    return success(pickModal({ button: press, incidentId: row.id, rev: row.rev, choices }))
  }
  const offered =
    chosen === undefined ? changes[0] : changes.find((change) => nameOf(change) === chosen)
  if (!offered) return noLongerOffered
  const prepared = await prepare(bot, snapshot, offered)
  return prepared.ok ? success(modalOf(row, prepared.value, observation)) : prepared
}

/**
 * Reads and simulates again what the modal showed. If it differs, the modal shows it again and
 * nothing is done.
 */
export async function applyChange(
  bot: Bot,
  row: IncidentRow,
  press: ChangeAction,
  submission: Submission,
): Promise<Result<Modal | Done>> {
  const { values, target, shown, user } = submission
  if (values.pick !== undefined) return changeModal(bot, row, press, values.pick)
  const current = await offeredNow(bot, row, press)
  if (!current.ok) return current
  const { changes, snapshot, observation } = current.value
  const offered = changes.find((change) => nameOf(change) === target)
  if (!offered) return noLongerOffered
  const prepared = await prepare(bot, snapshot, offered)
  if (!prepared.ok) return prepared
  const again = (note: Words) => success(modalOf(row, prepared.value, observation, note))
  if (agreementHash(prepared.value) !== shown)
    return again(words`This has changed since you opened the dialog. Please check it again.`)
  // Slack asks for it as well, but only of people who use its own modal.
  const word = confirmationOf(offered)
  if (word !== undefined && values.confirm?.trim() !== word)
    return again(words`Nothing was done: confirm it first.`)
  const { dryRun } = prepared.value
  if (dryRun.verdict === 'refused')
    return refusal(words`The API server refuses it: ${dryRun.why}. Nothing was changed.`)
  const parameters = parametersFor(prepared.value)
  const begun = await beginAction(bot, row, { intent: intentOf(offered), who: user.id, parameters })
  if (!begun.ok) return begun
  const published = (await publish(bot, row)) ?? row
  return carryOut(bot, published, begun.value, parameters)
}

const noLongerOffered = refusal(
  words`This is no longer offered: the cluster has changed since. The message will be updated.`,
)

interface CurrentOffer {
  readonly snapshot: Snapshot
  readonly observation: Observation
  /** At least one. */
  readonly changes: readonly OfferedChange[]
}

/** What the press may change, from a fresh reading of the cluster. */
async function offeredNow(
  bot: Bot,
  row: IncidentRow,
  press: ChangeAction,
): Promise<Result<CurrentOffer>> {
  const alerts = (await bot.store.openAlerts(row.cluster)).filter(
    (alert) => alert.incident === row.id,
  )
  const read = await freshSnapshot(bot, subjectsOf(alerts))
  if (!read.ok) return read
  const snapshot = read.value
  const observation = observe(alerts, readingOf(bot, snapshot, alerts), observationOf(row))
  const offered = await offeredFor(bot, observation, explanationOf(bot, observation))
  const changes = allowedChanges(offered, observation).filter(({ action }) => action === press)
  return changes.length > 0 ? success({ snapshot, observation, changes }) : noLongerOffered
}

function modalOf(
  row: IncidentRow,
  prepared: PreparedChange,
  observation: Observation,
  note?: Words,
): Modal {
  const { offered, from, to, pods, prediction, dryRun } = prepared
  const shared = {
    incidentId: row.id,
    rev: row.rev,
    target: nameOf(offered),
    shown: agreementHash(prepared),
    prediction,
    dryRun,
    ...(note ? { note } : {}),
  }
  switch (offered.action) {
    case 'patch': {
      const owner = diagnosisOf(observation, offered)?.owner
      const revert = owner?.onPatch === 'none' ? '' : (owner?.revert ?? '')
      return patchModal({ ...shared, from, to, revert })
    }
    case 'delete':
      return deleteModal({
        ...shared,
        pods: pods.map(({ name }) => name),
        ...(offered.remedy.consequences && { consequences: offered.remedy.consequences }),
        confirmWord: offered.name,
      })
    case 'recount':
      return recountModal(shared)
  }
}

/** What the modal asks to be ticked (`yes`) or typed; undefined if it asks for nothing. */
function confirmationOf({ action, name }: OfferedChange): string | undefined {
  switch (action) {
    case 'patch':
      return 'yes'
    case 'delete':
      return name
    case 'recount':
      return undefined
  }
}

/**
 * A hash of what the presser agrees to: the object, the change and its predicted effect. Anything
 * else has to be shown first.
 */
function agreementHash({ offered, from, to, pods, prediction }: PreparedChange): string {
  const { uid, change } = offered
  const agreed = [uid, change, from ?? null, to ?? null, pods, prediction.after.numberMisscheduled]
  return createHash('sha256').update(JSON.stringify(agreed)).digest('base64url')
}

function parametersFor({ offered, from, to, pods, prediction }: PreparedChange): ChangeParameters {
  const { action: kind, namespace, name, uid } = offered
  const { before, after, podsRestarted } = prediction
  const { numberMisscheduled, desiredNumberScheduled } = after
  return {
    kind,
    namespace,
    name,
    uid,
    before: { misscheduled: before.numberMisscheduled, desired: before.desiredNumberScheduled },
    predicted: { numberMisscheduled, desiredNumberScheduled, podsRestarted },
    ...(kind === 'patch' ? { tolerations: { from, to } } : {}),
    ...(kind === 'delete' ? { pods } : {}),
    told: [],
  }
}

function nameOf({ namespace, name }: OfferedChange): string {
  return `${namespace}/${name}`
}
