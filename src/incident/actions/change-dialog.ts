import { createHash } from 'node:crypto'
import type { Bot } from '../../bot.ts'
import { KubernetesError } from '../../kubernetes/cluster.ts'
import type { Snapshot } from '../../kubernetes/objects.ts'
import { deleteModal, patchModal, recountModal } from '../../slack/change-modals.ts'
import type { Submission } from '../../slack/handlers.ts'
import type { Modal } from '../../slack/modal-parts.ts'
import { pickModal, resultModal } from '../../slack/modals.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { errorMessage } from '../../words/error-message.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import { begin, isAction } from '../action-log.ts'
import { type ChangeParameters, undoOf } from '../action-parameters.ts'
import { changeAndPost } from '../message/pending.ts'
import { explanationOf, publish } from '../message/publish.ts'
import { allowedOffers, intentOf } from '../message/view.ts'
import { readingOf } from '../observe.ts'
import type { OfferedChange } from '../offered.ts'
import { allowanceFor } from '../rights.ts'
import { type Observation, observationOf, observe, whyUnreadable } from '../state.ts'
import { PartlyDeleted, type Prepared, perform, prepare } from './change.ts'

type ChangePress = OfferedChange['action']

/**
 * The dialog of a change, from a full and fresh reading: what it does to the object, what the simulation says of it, and the API server's
 * verdict on a dry run. With several DaemonSets the first dialog asks which.
 */
export async function changeModal(
  bot: Bot,
  row: IncidentRow,
  press: ChangePress,
  chosen?: string,
): Promise<Modal | Words> {
  const current = await offersNow(bot, row, press)
  if (!('found' in current)) return current
  const { found, snapshot } = current
  const offer =
    chosen === undefined && found.length === 1
      ? found[0]
      : found.find((one) => nameOf(one) === chosen)
  if (!offer && chosen === undefined && found.length > 1) {
    return pickModal({ press, incidentId: row.id, rev: row.rev, choices: found.map(nameOf) })
  }
  if (!offer)
    return words`This is not offered any more: the cluster has changed since. The message follows.`
  const prepared = await prepare(bot, snapshot, offer)
  return isPrepared(prepared) ? drawn(row, press, prepared, current.observation) : prepared
}

/** Reads and tries again what was shown; where it has changed, it is shown anew instead of done. */
export async function applyChange(
  bot: Bot,
  row: IncidentRow,
  press: ChangePress,
  submission: Submission,
): Promise<Modal | Words> {
  if (submission.values.pick !== undefined)
    return changeModal(bot, row, press, submission.values.pick)
  const current = await offersNow(bot, row, press)
  if (!('found' in current)) return current
  const offer = current.found.find((one) => nameOf(one) === submission.target)
  if (!offer)
    return words`This is not offered any more: the cluster has changed since. The message follows.`
  const prepared = await prepare(bot, current.snapshot, offer)
  if (!isPrepared(prepared)) return prepared
  if (shownHash(prepared) !== submission.shown)
    return drawn(
      row,
      press,
      prepared,
      current.observation,
      words`This has changed since you looked. Please look again.`,
    )
  // Slack asks for it too, of whoever sends the dialog off by Slack.
  const word = confirmWords[press]?.(offer)
  if (word !== undefined && submission.values.confirm?.trim() !== word)
    return drawn(
      row,
      press,
      prepared,
      current.observation,
      words`Nothing was done: it has to be confirmed first.`,
    )
  if (prepared.dryRun.verdict === 'refused')
    return words`The API server refuses it: ${prepared.dryRun.why}. Nothing was changed.`
  const parameters = parametersOf(press, prepared)
  const action = await begin(bot, row, intentOf(offer), submission.user.id, parameters)
  if (!isAction(action)) return action
  await publish(bot, row)
  return carryOut(bot, row, action, parameters)
}

/** Performs a parameters whose lock is held, and tells the presser, the thread and the message what came of it. */
export async function carryOut(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<Modal | Words> {
  const name = code(`${parameters.namespace}/${parameters.name}`)
  try {
    await perform(bot, parameters)
  } catch (error) {
    const why = errorMessage(error)
    // Without an answer it may have been done or not: left running, it is looked up once its deadline has passed.
    if (error instanceof KubernetesError && (error.status === undefined || error.status >= 500)) {
      bot.wake(Math.max(0, Date.parse(action.deadline) - bot.now().getTime()))
      return words`The API server did not answer (${why}). Whether ${name} was changed is looked up within a minute and posted in the thread.`
    }
    bot.metrics.actions.inc({ intent: parameters.kind, state: 'failed' })
    const refusal = words`the API server refused: ${why}.${error instanceof PartlyDeleted ? '' : ' Nothing was changed.'}`
    await changeAndPost(
      bot,
      row,
      action,
      'running',
      { state: 'failed', outcome: why },
      {
        words: words`${user(action.who)} tried to ${verbs[parameters.kind]} ${name}, and ${refusal}`,
        broadcast: true,
      },
    )
    await afterwards(bot, row)
    return words`It failed: ${refusal}`
  }
  bot.metrics.actions.inc({ intent: parameters.kind, state: 'done' })
  const done = {
    state: parameters.kind === 'patch' ? 'active' : 'done',
    outcome: 'done',
    undo: undoOf(parameters),
  } as const
  const posted = {
    words: words`${user(action.who)} ${past[parameters.kind]} ${name}.${predicted(parameters)}`,
    broadcast: false,
  }
  await changeAndPost(bot, row, action, 'running', done, posted)
  await afterwards(bot, row)
  return resultModal({
    title: 'Done',
    text: words`${past[parameters.kind].replace(/^./, (letter) => letter.toUpperCase())} ${name}.${predicted(parameters)} The result will be posted in the thread.`,
  })
}

/** What the dialog asks to be ticked or typed. */
const confirmWords: Partial<Record<ChangePress, (offer: OfferedChange) => string>> = {
  patch: () => 'yes',
  delete: ({ name }) => name,
}

const verbs: Readonly<Record<ChangeParameters['kind'], string>> = {
  patch: 'patch',
  delete: 'delete pods of',
  recount: 'have recounted',
  undo: 'undo the patch of',
}
const past: Readonly<Record<ChangeParameters['kind'], string>> = {
  patch: 'added tolerations to',
  delete: 'deleted the misscheduled pods of',
  recount: 'had the controller recount',
  undo: 'undid the patch of',
}

function predicted(parameters: ChangeParameters): string {
  if (!parameters.predicted) return ''
  const { numberMisscheduled, desiredNumberScheduled, podsRestarted } = parameters.predicted
  const restarts = podsRestarted > 0 ? `, ${podsRestarted} pods restart` : ''
  return ` Predicted: misscheduled ${parameters.before.misscheduled} → ${numberMisscheduled}, desired ${parameters.before.desired} → ${desiredNumberScheduled}${restarts}.`
}

interface Current {
  readonly snapshot: Snapshot
  readonly observation: Observation
  readonly found: readonly OfferedChange[]
}

async function offersNow(bot: Bot, row: IncidentRow, press: ChangePress): Promise<Current | Words> {
  const snapshot = await soonEnough(bot.cluster.snapshot())
  if (!snapshot)
    return words`The API server has not answered within ${patienceMs / 1000} seconds. Nothing was changed; press again later.`
  const blind = whyUnreadable(snapshot)
  if (blind) return words`The cluster could not be read: ${blind}. Nothing is changed on a guess.`
  const members = (await bot.store.openAlerts(row.cluster)).filter(
    (alert) => alert.incident === row.id,
  )
  const observation = observe(members, readingOf(bot, snapshot, members), observationOf(row))
  const explanation = explanationOf(bot, observation)
  const allowance = await allowanceFor(bot, observation, explanation)
  const found = allowedOffers(observation, explanation, allowance).filter(
    (offer) => offer.action === press,
  )
  return found.length > 0
    ? { snapshot, observation, found }
    : words`This is not offered any more: the cluster has changed since. The message follows.`
}

/** Whoever waits before a dialog is posted so much sooner than a round gives up. Milliseconds. */
const patienceMs = 12_000

async function soonEnough<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  return Promise.race([answer, end]).finally(() => clearTimeout(timer))
}

function drawn(
  row: IncidentRow,
  press: ChangePress,
  prepared: Prepared,
  observation: Observation,
  note?: Words,
): Modal {
  const { offer } = prepared
  const owner = observation.diagnoses.find(
    (one) => one.namespace === offer.namespace && one.name === offer.name,
  )?.owner
  const shared = {
    incidentId: row.id,
    rev: row.rev,
    target: nameOf(offer),
    shown: shownHash(prepared),
    outcome: prepared.outcome,
    dryRun: prepared.dryRun,
    ...(note ? { note } : {}),
  }
  if (press === 'patch')
    return patchModal({
      ...shared,
      from: prepared.from,
      to: prepared.to,
      revert: owner?.onPatch === 'none' ? '' : (owner?.revert ?? ''),
    })
  if (press === 'delete')
    return deleteModal({
      ...shared,
      pods: prepared.pods.map((pod) => pod.name),
      confirmWord: offer.name,
    })
  return recountModal(shared)
}

/** What was agreed to: the object, the change and its foreseen effect. Any other is a new question. */
function shownHash({ offer, from, to, pods, outcome }: Prepared): string {
  const agreed = [
    offer.uid,
    offer.change,
    from ?? null,
    to ?? null,
    pods,
    outcome.after.numberMisscheduled,
  ]
  return createHash('sha256').update(JSON.stringify(agreed)).digest('base64url')
}

function parametersOf(
  press: ChangePress,
  { offer, from, to, pods, outcome }: Prepared,
): ChangeParameters {
  return {
    kind: press,
    namespace: offer.namespace,
    name: offer.name,
    uid: offer.uid,
    before: {
      misscheduled: outcome.before.numberMisscheduled,
      desired: outcome.before.desiredNumberScheduled,
    },
    predicted: {
      numberMisscheduled: outcome.after.numberMisscheduled,
      desiredNumberScheduled: outcome.after.desiredNumberScheduled,
      podsRestarted: outcome.podsRestarted,
    },
    ...(press === 'patch' ? { tolerations: { from, to } } : {}),
    ...(press === 'delete' ? { pods } : {}),
  }
}

function nameOf(offer: OfferedChange): string {
  return `${offer.namespace}/${offer.name}`
}

function isPrepared(prepared: Prepared | Words): prepared is Prepared {
  return !Array.isArray(prepared)
}

async function afterwards(bot: Bot, row: IncidentRow): Promise<void> {
  const fresh = await bot.store.incident(row.id)
  if (fresh) await publish(bot, fresh)
  bot.wake(1_000)
}
