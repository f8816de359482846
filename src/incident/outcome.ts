import { type Bot, timestamp } from '../bot.ts'
import { sameList } from '../kubernetes/patches.ts'
import type { ActionChange, ActionRow } from '../store/store.ts'
import { code, user, type Words, words } from '../triage/words.ts'
import { type ChangeDeed, changeDeeds, type SilenceDeed, silenceDeeds } from './deeds.ts'

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
    for (const { deed } of silenceDeeds([action])) return await silenceOutcome(bot, action, deed)
    for (const { deed } of changeDeeds([action], 'patch', 'undo', 'recount', 'delete'))
      return await changeOutcome(bot, action, deed)
  } catch (error) {
    bot.log.warn({ action: action.id, err: error }, 'what became of this action could not be looked up; trying again next round')
  }
  return undefined
}

/** By matchers and creator: the silence carries both. */
async function silenceOutcome(bot: Bot, action: ActionRow, deed: SilenceDeed): Promise<FoundOutcome> {
  const found = (await bot.alertmanager?.activeSilences()) ?? []
  const own = found.filter((silence) => silence.comment === deed.comment)
  if (own.length === 0)
    return {
      change: { state: 'failed', outcome: 'no silence was made' },
      words: words`The silence that ${user(action.who)} asked for was not made. Press again.`,
    }
  const silences = own.map((silence) => ({
    id: silence.id,
    namespace: silence.matchers.namespace ?? '',
    name: silence.matchers.daemonset ?? '',
    alertname: silence.matchers.alertname ?? '',
  }))
  const until = own[0]?.endsAt ?? deed.until
  return {
    change: {
      state: 'active',
      outcome: 'silenced',
      parameters: JSON.stringify({ ...deed, silences, until } satisfies SilenceDeed),
    },
    words: words`Silenced by ${user(action.who)}.`,
  }
}

async function changeOutcome(bot: Bot, action: ActionRow, deed: ChangeDeed): Promise<FoundOutcome> {
  const name = code(`${deed.namespace}/${deed.name}`)
  const fresh = await bot.cluster.daemonSet(deed.namespace, deed.name)
  if (deed.kind === 'patch' || deed.kind === 'undo') {
    const now = fresh?.spec.template.spec?.tolerations ?? []
    const took = fresh?.metadata.uid === deed.uid && sameList(now, deed.tolerations?.to ?? [])
    const state = took ? (deed.kind === 'patch' ? 'active' : 'done') : 'failed'
    const outcome = took ? 'the tolerations are as they were to be' : 'the tolerations are not what they were to be'
    return {
      change: { state, outcome },
      words: words`The change to ${name} by ${user(action.who)} ${took ? 'was made' : 'was not made'}: ${outcome}.`,
    }
  }
  // Both may safely be asked for again, so it is enough to say that the answer was lost.
  const outcome = `the answer was lost at ${timestamp(bot)}`
  return {
    change: { state: 'failed', outcome },
    words: words`What became of “${deed.kind}” of ${name} by ${user(action.who)} is not known. Press Recheck, then again if it is still needed.`,
  }
}
