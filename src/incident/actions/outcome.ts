import type { EqualityMatchers } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { recountedAt, sameList } from '../../kubernetes/patches.ts'
import type { ActionChange, ActionRow } from '../../store/store.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import {
  type ChangeParameters,
  changeActions,
  type SilenceParameters,
  silenceActions,
  undoOf,
} from '../action-parameters.ts'
import { whyUnreadable } from '../state.ts'

export interface FoundOutcome {
  readonly change: ActionChange
  readonly words: Words
}

/**
 * What became of an action that never reported back (the bot was killed, or the answer was lost): found by looking at the world, never
 * by trying again. undefined: the world could not be looked at; the next round tries once more.
 */
export async function findOutcome(bot: Bot, action: ActionRow): Promise<FoundOutcome | undefined> {
  try {
    for (const { parameters } of silenceActions([action]))
      return await silenceOutcome(bot, action, parameters)
    for (const { parameters } of changeActions([action], 'patch', 'undo', 'recount', 'delete'))
      return await changeOutcome(bot, action, parameters)
  } catch (error) {
    bot.log.warn(
      { action: action.id, err: error },
      'what became of this action could not be looked up; trying again next round',
    )
  }
  return undefined
}

/** By its matchers, since another's silence with the same ones was taken over. All or none: a part of them is taken back. */
async function silenceOutcome(
  bot: Bot,
  action: ActionRow,
  parameters: SilenceParameters,
): Promise<FoundOutcome> {
  const active = (await bot.alertmanager?.activeSilences()) ?? []
  const own = active.filter((silence) => silence.comment === parameters.comment)
  const found = parameters.targets
    ? parameters.targets.flatMap(
        (target) => active.find((one) => isSame(one.matchers, target)) ?? [],
      )
    : own
  if (found.length === 0 || found.length < (parameters.targets ?? found).length) {
    for (const { id } of own) await bot.alertmanager?.expireSilence(id)
    const outcome =
      own.length === 0
        ? 'no silence was made'
        : 'only a part of the silences was made, and taken back'
    return {
      change: { state: 'failed', outcome },
      words: words`What ${user(action.who)} asked for was not done: ${outcome}. Press again.`,
    }
  }
  const silences = found.map(
    ({ id, matchers: { namespace = '', daemonset: name = '', alertname = '' } }) => ({
      id,
      namespace,
      name,
      alertname,
    }),
  )
  const until = own[0]?.endsAt ?? parameters.until
  return {
    change: {
      state: 'active',
      outcome: 'silenced',
      parameters: JSON.stringify({ ...parameters, silences, until } satisfies SilenceParameters),
    },
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

async function changeOutcome(
  bot: Bot,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<FoundOutcome | undefined> {
  const name = code(`${parameters.namespace}/${parameters.name}`)
  const fresh = await bot.cluster.daemonSet(parameters.namespace, parameters.name)
  if (parameters.kind === 'patch' || parameters.kind === 'undo') {
    const now = fresh?.spec.template.spec?.tolerations ?? []
    const took =
      fresh?.metadata.uid === parameters.uid && sameList(now, parameters.tolerations?.to ?? [])
    const state = took ? (parameters.kind === 'patch' ? 'active' : 'done') : 'failed'
    const outcome = took
      ? 'the tolerations are as they were to be'
      : 'the tolerations are not what they were to be'
    return {
      change: { state, outcome, undo: took ? undoOf(parameters) : null },
      words: words`The change to ${name} by ${user(action.who)} ${took ? 'was made' : 'was not made'}: ${outcome}.`,
    }
  }
  const left =
    parameters.kind === 'delete'
      ? await podsLeft(bot, parameters)
      : fresh && touchedSince(fresh, action.at)
        ? 0
        : 1
  if (left === undefined) return undefined
  const what = parameters.kind === 'delete' ? 'deletion of misscheduled pods' : 'recount'
  const state = left === 0 ? 'done' : 'failed'
  const outcome =
    left === 0
      ? 'it was done'
      : parameters.kind === 'delete'
        ? `${left} of its pods are still there`
        : 'it was not asked for'
  return {
    change: { state, outcome },
    words: words`The ${what} of ${name} by ${user(action.who)}: ${outcome}.`,
  }
}

/** undefined: the pods could not be read. One that is being deleted counts as deleted. */
async function podsLeft(
  bot: Bot,
  { namespace, pods = [] }: ChangeParameters,
): Promise<number | undefined> {
  const snapshot = await bot.cluster.snapshot()
  if (whyUnreadable(snapshot)) return undefined
  const standing = snapshot.pods.filter(
    ({ metadata }) => metadata.namespace === namespace && !metadata.deletionTimestamp,
  )
  return pods.filter(({ uid }) => standing.some(({ metadata }) => metadata.uid === uid)).length
}

function touchedSince(daemonSet: DaemonSet, at: string): boolean {
  const touched = recountedAt(daemonSet)
  return touched !== undefined && touched >= at
}
