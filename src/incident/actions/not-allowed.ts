import type { EqualityMatchers } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { ButtonName } from '../../slack/interactions.ts'
import type { ActionRow } from '../../store/store.ts'
import type { Explanation } from '../../triage/explain.ts'
import { joined, mention, user, type Words, words } from '../../words/words.ts'
import { type ChangeParameters, changeActions, silenceActions } from '../action-log.ts'
import { activeSilences, notCoveredBy } from '../coverage.ts'
import { lastingFixes } from '../lasting-fixes.ts'
import { explanationOf } from '../message/publish.ts'
import { actionOf } from '../offered.ts'
import type { Observation } from '../state.ts'
import { matchersOf } from './silence.ts'

/** What a person reads who pressed a button that is for others. */
export interface NotAllowed {
  /** "Only … may do this. Ask them, or run:"; the colon is there only with commands. */
  readonly who: Words
  /** What they can run instead, with their own rights. May be empty. */
  readonly commands: readonly string[]
  /** Which buttons are for everyone. */
  readonly open: Words
}

/** A press that ALLOWED_USERS and ALLOWED_USERGROUPS do not allow. */
export interface RefusedPress {
  readonly button: ButtonName
  /** Of `end-silence` and `undo`: the stored action. */
  readonly actionId?: string
}

/** Who may press, what the presser can run instead, and what is for everyone. */
export async function notAllowed(
  bot: Bot,
  incidentId: string,
  observation: Observation,
  press: RefusedPress,
): Promise<NotAllowed> {
  const actions = await bot.store.actions(incidentId)
  const explanation = explanationOf(bot, observation)
  const isFixShown = lastingFixes(observation, explanation).length > 0
  const commands = commandsFor(bot, press, { observation, explanation, actions })
  return {
    who: whoMay(bot, commands.length > 0),
    commands,
    open: isFixShown
      ? words`Recheck and Show fix are for everyone.`
      : words`Recheck is for everyone.`,
  }
}

/** The refusal as one text, for a reply without blocks and for the log. */
export function notAllowedWords({ who, commands, open }: NotAllowed): Words {
  return joined([who, ...commands.map((command) => [command]), open], '\n')
}

/** People and groups named in a refusal; the rest are counted. */
const mostNames = 5

function whoMay({ config: { allowedUsers, allowedUsergroups } }: Bot, canRun: boolean): Words {
  const all = [...allowedUsers.map(user), ...allowedUsergroups.map(mention)]
  if (all.length === 0) return words`Nobody may do this from Slack yet.${canRun ? ' Run:' : ''}`
  const rest = all.length - mostNames
  const shown: Words[] = all.slice(0, mostNames).map((one) => [one])
  const listed = rest > 0 ? [...shown, [`${rest} more`]] : shown
  const last = listed.at(-1) ?? []
  const others = joined(listed.slice(0, -1), ', ')
  return words`Only ${others.length > 0 ? words`${others} and ${last}` : last} may do this. Ask them${canRun ? ', or run:' : '.'}`
}

interface Incident {
  readonly observation: Observation
  readonly explanation: Explanation | null
  readonly actions: readonly ActionRow[]
}

/** Commands shown; an incident may have hundreds of DaemonSets. */
const mostCommands = 3

function commandsFor(
  bot: Bot,
  { button, actionId }: RefusedPress,
  incident: Incident,
): readonly string[] {
  const { observation, explanation, actions } = incident
  switch (button) {
    case 'silence': {
      const { alerts } = notCoveredBy(observation, activeSilences(actions))
      return alerts.slice(0, mostCommands).map((alert) => silenceCommand(bot, matchersOf(alert)))
    }
    case 'end-silence': {
      const ids = silenceActions(actions)
        .filter(({ action }) => action.state === 'active')
        .filter(({ action }) => actionId === undefined || action.id === actionId)
        .flatMap(({ parameters }) => parameters.silences.map(({ id }) => id))
      return ids.length > 0
        ? [`amtool silence expire ${alertmanagerFlag(bot)}${ids.join(' ')}`]
        : []
    }
    case 'undo':
      return changeActions(actions, ['patch'])
        .filter(({ action }) => action.id === actionId)
        .map(({ parameters }) => undoCommand(parameters))
    default: {
      const advised = [...(explanation?.now ?? []), ...(explanation?.forGood ?? [])]
      return advised
        .filter(({ remedy }) => actionOf[remedy.kind] === button)
        .flatMap(({ remedy }) => remedy.commands ?? [])
        .slice(0, mostCommands)
    }
  }
}

function silenceCommand(bot: Bot, matchers: EqualityMatchers): string {
  const list = Object.entries(matchers).map(([name, value]) => matcherArgument(name, value))
  return `amtool silence add ${alertmanagerFlag(bot)}--duration=1h --comment="Silenced by hand" ${list.join(' ')}`
}

/** Quoted for a shell only where that is needed. */
function matcherArgument(name: string, value: string): string {
  if (/^[\w.-]+$/.test(value)) return `${name}=${value}`
  return `'${name}=${JSON.stringify(value).replaceAll("'", String.raw`'\''`)}'`
}

/** Without a name and password. */
function alertmanagerFlag({ config: { alertmanager } }: Bot): string {
  const url = alertmanager.publicUrl ?? alertmanager.urls[0]
  return url === undefined ? '' : `--alertmanager.url=${url.replace(/\/\/[^/@]*@/, '//')} `
}

/** Refused by the API server if the tolerations are no longer what the patch made of them. */
function undoCommand({ namespace, name, tolerations }: ChangeParameters): string {
  const path = '/spec/template/spec/tolerations'
  const patch = [
    { op: 'test', path, value: tolerations?.to },
    tolerations?.from ? { op: 'replace', path, value: tolerations.from } : { op: 'remove', path },
  ]
  const json = JSON.stringify(patch).replaceAll("'", String.raw`'\''`)
  return `kubectl -n ${namespace} patch daemonset ${name} --type=json -p '${json}'`
}
