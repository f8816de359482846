import type { EqualityMatchers } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { recountedAt, sameList } from '../../kubernetes/patches.ts'
import type { ActionChange, ActionRow } from '../../store/store.ts'
import { aboutPodsIn } from '../../triage/question.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import { type ChangeParameters, parametersOf, type SilenceParameters } from '../action-log.ts'
import { whyUnreadable } from '../true-counts.ts'
import { madeChange } from './change.ts'

/** The outcome of an action that never reported one. */
export interface FoundOutcome {
  readonly change: ActionChange
  /** undefined: the entry about the result of the change says it. */
  readonly words?: Words
}

/**
 * Finds the outcome of an action that never reported one, because the bot was killed or the answer
 * was lost: by looking at Alertmanager or the cluster, never by trying again. undefined: neither
 * could be read; the next round tries once more.
 */
export async function findOutcome(bot: Bot, action: ActionRow): Promise<FoundOutcome | undefined> {
  try {
    const parameters = parametersOf(action)
    switch (parameters.kind) {
      case 'silence':
        return await silenceOutcome(bot, action, parameters)
      case 'patch':
      case 'undo':
        return await tolerationsOutcome(bot, action, parameters)
      case 'delete':
        return await deletionOutcome(bot, action, parameters)
      case 'recount':
        return await recountOutcome(bot, action, parameters)
      case 'refused':
        return undefined
    }
  } catch (error) {
    bot.log.warn(
      { action: action.id, err: error },
      'outcome of an action not found; trying again in the next round',
    )
    return undefined
  }
}

/**
 * By its matchers, since an existing silence with the same matchers is reused. All or none: if only
 * a part exists, that part is expired.
 */
async function silenceOutcome(
  { alertmanager }: Bot,
  action: ActionRow,
  parameters: SilenceParameters,
): Promise<FoundOutcome> {
  const active = (await alertmanager?.activeSilences()) ?? []
  const own = active.filter((silence) => silence.comment === parameters.comment)
  const { targets } = parameters
  const found = targets
    ? targets.flatMap((target) => active.find((one) => isSame(one.matchers, target)) ?? [])
    : own
  if (found.length === 0 || found.length < (targets ?? found).length) {
    for (const { id } of own) await alertmanager?.expireSilence(id)
    const outcome =
      own.length === 0
        ? 'no silence was created'
        : 'only some of the silences were created, and they were expired again'
    return {
      change: { state: 'failed', outcome },
      words: words`The silence by ${user(action.who)} failed: ${outcome}. Press again.`,
    }
  }
  const silences = found.map(({ id, matchers }) => {
    const { namespace = '', daemonset: name = '', alertname = '' } = matchers
    return { id, namespace, name, alertname }
  })
  const placed = { ...parameters, silences, until: own[0]?.endsAt ?? parameters.until }
  return {
    change: { state: 'active', outcome: 'silenced', parameters: JSON.stringify(placed) },
    words: words`Silenced by ${user(action.who)}.`,
  }
}

function isSame(matchers: EqualityMatchers, target: EqualityMatchers): boolean {
  const names = Object.keys(matchers)
  return (
    names.length === Object.keys(target).length &&
    names.every((name) => matchers[name] === target[name])
  )
}

async function tolerationsOutcome(
  bot: Bot,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<FoundOutcome> {
  const { namespace, name, uid, tolerations } = parameters
  const fresh = await bot.cluster.daemonSet(namespace, name)
  const current = fresh?.spec.template.spec?.tolerations ?? []
  const wasMade = fresh?.metadata.uid === uid && sameList(current, tolerations?.to ?? [])
  if (wasMade)
    return {
      change: { ...madeChange(bot, parameters), outcome: 'the tolerations are as requested' },
    }
  const outcome = 'the tolerations are not as requested'
  return {
    change: { state: 'failed', outcome, undo: null },
    words: words`The change to ${nameOf(parameters)} by ${user(action.who)} was not made: ${outcome}.`,
  }
}

/** undefined: the pods could not be read. A terminating pod counts as deleted. */
async function deletionOutcome(
  bot: Bot,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<FoundOutcome | undefined> {
  const { namespace, pods = [] } = parameters
  const snapshot = await bot.cluster.snapshot(aboutPodsIn(namespace))
  if (whyUnreadable(snapshot)) return undefined
  const running = snapshot.pods
    .filter(({ metadata }) => metadata.namespace === namespace && !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.uid)
  const left = pods.filter(({ uid }) => running.includes(uid)).length
  if (left === 0) return { change: { state: 'done', outcome: 'it was done' } }
  const outcome = `${left} of its pods still exist`
  return {
    change: { state: 'failed', outcome },
    words: words`The deletion of misscheduled pods of ${nameOf(parameters)} by ${user(action.who)}: ${outcome}.`,
  }
}

async function recountOutcome(
  bot: Bot,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<FoundOutcome> {
  const fresh = await bot.cluster.daemonSet(parameters.namespace, parameters.name)
  const wasTouched = fresh !== undefined && isTouchedSince(fresh, action.at)
  if (wasTouched) return { change: { state: 'done', outcome: 'it was done' } }
  const outcome = 'it was not requested'
  return {
    change: { state: 'failed', outcome },
    words: words`The recount of ${nameOf(parameters)} by ${user(action.who)}: ${outcome}.`,
  }
}

function isTouchedSince(daemonSet: DaemonSet, at: string): boolean {
  const touched = recountedAt(daemonSet)
  return touched !== undefined && touched >= at
}

function nameOf({ namespace, name }: ChangeParameters) {
  return code(`${namespace}/${name}`)
}
