import { type Bot, timestamp } from '../../bot.ts'
import { KubernetesError } from '../../kubernetes/cluster.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { recountPatch, sameList, tolerationPatch } from '../../kubernetes/patches.ts'
import type { Done } from '../../slack/modals.ts'
import type { ActionChange, ActionRow, IncidentRow } from '../../store/store.ts'
import { errorMessage } from '../../words/error-message.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { code, counted, user, words } from '../../words/words.ts'
import { type ChangeParameters, undoOf } from '../action-log.ts'
import { publishAction } from '../message/publish.ts'
import { changeAndPost } from '../message/thread.ts'
import { newRollout } from './follow-rollout.ts'

/** Each kind of change in a sentence: "U1 tried to patch X", "Patched X". */
const VERBS: Readonly<Record<ChangeParameters['kind'], { infinitive: string; past: string }>> = {
  patch: { infinitive: 'patch', past: 'added tolerations to' },
  delete: { infinitive: 'delete pods of', past: 'deleted the misscheduled pods of' },
  recount: { infinitive: 'trigger a recount of', past: 'triggered a recount of' },
  undo: { infinitive: 'undo the patch of', past: 'undid the patch of' },
}

/**
 * Makes a change whose action is running, and reports the result to the presser, in the thread and
 * in the message. `onDone` runs after a success, before the message is published.
 */
export async function carryOut(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: ChangeParameters,
  onDone: () => Promise<unknown> = async () => undefined,
): Promise<Result<Done>> {
  const { kind, namespace, name } = parameters
  const { past } = VERBS[kind]
  const target = code(`${namespace}/${name}`)
  try {
    await perform(bot, parameters)
  } catch (error) {
    return failed(bot, row, action, parameters, error)
  }
  bot.metrics.actions.inc({ intent: kind, state: 'done' })
  const done = madeChange(bot, parameters)
  // The thread says so together with the result.
  await bot.store.changeAction(action.id, 'running', done)
  await onDone()
  await publishAction(bot, row)
  const isRollout = kind === 'patch' || kind === 'undo'
  const result = isRollout
    ? 'The thread follows the rollout and says when it is finished.'
    : 'The result will be posted in the thread.'
  return success({
    title: isRollout ? 'Rollout started' : 'Done',
    text: words`${capitalized(past)} ${target}.${predictionText(parameters)} ${result}`,
  })
}

/** What is stored once a change is made. A changed template is followed: its rollout takes time. */
export function madeChange(
  bot: Pick<Bot, 'now'>,
  parameters: ChangeParameters,
): ActionChange & { readonly state: 'active' | 'done' } {
  if (parameters.kind !== 'patch' && parameters.kind !== 'undo')
    return { state: 'done', outcome: 'done' }
  const rollout = newRollout(bot)
  return {
    state: 'active',
    outcome: 'made; its rollout is followed',
    undo: undoOf(parameters),
    parameters: JSON.stringify({ ...parameters, rollout } satisfies ChangeParameters),
  }
}

async function failed(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  { kind, namespace, name }: ChangeParameters,
  error: unknown,
): Promise<Result<never>> {
  const target = code(`${namespace}/${name}`)
  const why = errorMessage(error)
  // Without an answer the change may have been made or not. The action stays running, and its
  // outcome is looked up once its deadline has passed.
  if (error instanceof KubernetesError && (error.status === undefined || error.status >= 500)) {
    bot.wake(Math.max(0, Date.parse(action.deadline) - bot.now().getTime()))
    return refusal(
      words`The API server did not answer (${why}). It is unknown whether ${target} was changed; the result will be posted in the thread within 3 minutes.`,
    )
  }
  bot.metrics.actions.inc({ intent: kind, state: 'failed' })
  const reason = words`the API server refused: ${why}.${error instanceof PartlyDeleted ? '' : ' Nothing was changed.'}`
  const outcome = { state: 'failed', outcome: why } as const
  const posted = await changeAndPost(bot, row, action, 'running', outcome, {
    words: words`${user(action.who)} tried to ${VERBS[kind].infinitive} ${target}, but ${reason}`,
    broadcast: true,
  })
  await publishAction(bot, posted ?? row)
  return refusal(words`It failed: ${reason}`)
}

function predictionText({ predicted, before }: ChangeParameters): string {
  if (!predicted) return ''
  const { numberMisscheduled, desiredNumberScheduled, podsRestarted } = predicted
  const restarts = podsRestarted > 0 ? `, ${counted(podsRestarted, 'pod')} restart` : ''
  return ` Predicted: misscheduled ${before.misscheduled} → ${numberMisscheduled}, desired ${before.desired} → ${desiredNumberScheduled}${restarts}.`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * Makes the change; once more if another write came in between.
 * @throws KubernetesError if the API server refuses. Nothing is changed then, except for the pods
 * that a PartlyDeleted names.
 */
async function perform(bot: Bot, parameters: ChangeParameters): Promise<void> {
  const { kind, namespace, name, uid } = parameters
  const attempt = async (): Promise<void> => {
    const fresh = await bot.cluster.daemonSet(namespace, name)
    if (fresh?.metadata.uid !== uid)
      throw conflict(`${namespace}/${name} was deleted, or deleted and created again`)
    if (kind === 'delete') return deletePods(bot, parameters)
    const patch =
      kind === 'recount' ? recountPatch(fresh, timestamp(bot)) : listPatch(fresh, parameters)
    await bot.cluster.patchDaemonSet(namespace, name, patch)
  }
  try {
    await attempt()
  } catch (error) {
    if (!isConflict(error)) throw error
    await attempt()
  }
}

/** Some of the pods were deleted before the API server refused the rest. */
class PartlyDeleted extends KubernetesError {}

/** A pod that is gone, or has another uid by now, needs no deletion. */
async function deletePods(bot: Bot, { namespace, pods = [] }: ChangeParameters): Promise<void> {
  let deleted = 0
  for (const pod of pods) {
    try {
      await bot.cluster.deletePod(namespace, pod.name, pod.uid)
      deleted += 1
    } catch (error) {
      if (isGone(error)) continue
      if (!(error instanceof KubernetesError) || deleted === 0) throw error
      const message = `${deleted} of ${pods.length} pods were deleted, then: ${error.message}`
      throw new PartlyDeleted(message, error.status, error.reason, { cause: error })
    }
  }
}

function listPatch(fresh: DaemonSet, { uid, tolerations }: ChangeParameters) {
  const { from, to } = tolerations ?? { from: undefined, to: undefined }
  if (!sameList(fresh.spec.template.spec?.tolerations ?? [], from ?? []))
    throw conflict('somebody else has changed the tolerations in the meantime')
  return tolerationPatch(fresh, { uid, tolerations: from }, to)
}

function conflict(message: string): KubernetesError {
  return new KubernetesError(message, 409, 'Conflict')
}

/** The pod is gone, or has another uid. */
export function isGone(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 404 || error.status === 409)
}

/**
 * Another write came in between: 409, or 422 from a JSON Patch test. A status update counts too if
 * the template has no tolerations, since then the resourceVersion is tested.
 */
export function isConflict(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 409 || error.status === 422)
}
