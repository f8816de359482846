import type { Bot } from '../../bot.ts'
import type { Toleration } from '../../kubernetes/objects.ts'
import type { IncidentRow } from '../../store/store.ts'
import { code, counted, joined, listed, user, type Words, words } from '../../words/words.ts'
import type { ChangeAction, ChangeParameters, PendingPost } from '../action-log.ts'
import { changeAndPost, pendingOf } from '../message/thread.ts'
import { isComplete } from '../rollout-progress.ts'

/**
 * The entry about a change waits this long for its result and its rollout, so that one entry says
 * both. Milliseconds.
 */
export const entryMs = 120_000

/** What the thread says of a change, each once: who made it, its result, the end of its rollout. */
type Part = NonNullable<ChangeParameters['told']>[number]

/**
 * Posts what the thread has not said yet of a change that was made, once it is complete or has taken
 * too long. `isOver`: the entry that the incident is over comes next.
 * @returns the row afterwards.
 */
export async function tellChange(
  bot: Bot,
  row: IncidentRow,
  change: ChangeAction,
  isOver: boolean,
): Promise<IncidentRow> {
  const { action, parameters } = change
  if (pendingOf(action).length > 0 || !isDue(bot, change, isOver)) return row
  const entry = untold(change)
  if (!entry) return row
  const told = JSON.stringify({ ...parameters, told: entry.told } satisfies ChangeParameters)
  const stored = { parameters: told }
  return (await changeAndPost(bot, row, action, action.state, stored, entry.post)) ?? row
}

function isDue(bot: Bot, { action, parameters }: ChangeAction, isOver: boolean): boolean {
  const { told, compared, rollout } = parameters
  if (!told || action.state === 'failed' || action.state === 'running') return false
  // A patch that was undone before its entry.
  if (action.state === 'ended') return !told.includes('made')
  if (compared === undefined) return false
  if (hasFailed(parameters) && !told.includes('seen')) return true
  if (!rollout || rollout.finished !== undefined || rollout.ended !== undefined) return true
  if (told.includes('made')) return false
  const leftMs = Date.parse(action.at) + entryMs - bot.now().getTime()
  if (leftMs <= 0 || isOver) return true
  bot.wake(leftMs)
  return false
}

/** Whether the change did not do what was predicted. */
export function hasFailed({ kind, predicted, seen }: ChangeParameters): boolean {
  return (
    kind !== 'undo' &&
    predicted !== null &&
    (seen?.misscheduled ?? 0) > predicted.numberMisscheduled
  )
}

/** What the thread has not said yet, as one entry; undefined if it has said all that is known. */
export function untold({
  action,
  parameters,
}: ChangeAction): { readonly post: PendingPost; readonly told: readonly Part[] } | undefined {
  const { told, compared, rollout } = parameters
  if (!told) return undefined
  const known: readonly Part[] = [
    'made',
    ...(compared === undefined ? [] : (['seen'] as const)),
    ...(rollout?.finished === undefined ? [] : (['rollout'] as const)),
  ]
  const parts = known.filter((part) => !told.includes(part))
  if (parts.length === 0) return undefined
  const isFirst = parts.includes('made')
  const subject = isFirst ? madeWords(action.who, parameters) : targetWords(parameters)
  const facts = [
    ...(isFirst || parts.includes('seen') ? [resultWords(parameters)] : []),
    ...(isFirst || parts.includes('rollout') ? [rolloutWords(parameters)] : []),
  ]
  const failed = parts.includes('seen') && hasFailed(parameters)
  const about = joined([subject, joined(facts, '; ')], ': ')
  const text = failed ? words`The fix did not work. ${about}.` : words`${about}.`
  return { post: { words: text, broadcast: failed }, told: [...told, ...parts] }
}

function nameOf({ namespace, name }: ChangeParameters): Words {
  return [code(`${namespace}/${name}`)]
}

function targetWords(parameters: ChangeParameters): Words {
  return parameters.kind === 'undo'
    ? words`${nameOf(parameters)} after the undo`
    : nameOf(parameters)
}

function madeWords(who: string, parameters: ChangeParameters): Words {
  const target = nameOf(parameters)
  const by = user(who)
  switch (parameters.kind) {
    case 'patch':
      return words`${by} added ${addedWords(parameters)} to ${target}`
    case 'delete':
      return words`${by} deleted ${counted(parameters.pods?.length ?? 0, 'misscheduled pod')} of ${target}`
    case 'recount':
      return words`${by} triggered a recount of ${target}`
    case 'undo':
      return words`${by} undid the patch of ${target}`
  }
}

function addedWords({ tolerations }: ChangeParameters): Words {
  const before = (tolerations?.from ?? []).map((one) => JSON.stringify(one))
  const added = (tolerations?.to ?? []).filter((one) => !before.includes(JSON.stringify(one)))
  const texts = added.map(tolerationText)
  if (texts.length === 0) return ['tolerations']
  return words`the ${texts.length === 1 ? 'toleration' : 'tolerations'} ${listed(texts, 3)}`
}

/** `dedicated=gpu:NoSchedule`, as kubectl writes a taint. */
function tolerationText({ key = '', value, effect }: Toleration): string {
  const which = value ? `${key}=${value}` : key || 'every key'
  return effect ? `${which}:${effect}` : which
}

function resultWords({ kind, before, predicted, seen, compared }: ChangeParameters): Words {
  const planned = predicted && `predicted ${before.misscheduled} → ${predicted.numberMisscheduled}`
  const result = seen && `${before.misscheduled} → ${seen.misscheduled}`
  if (!seen) {
    const unread = compared === undefined ? '' : 'the result could not be read'
    return [[planned ? `misscheduled ${planned}` : '', unread].filter(Boolean).join('; ')]
  }
  if (!planned || !predicted || kind === 'undo') return [`misscheduled ${result}`]
  const isAsDesired = predicted.desiredNumberScheduled === seen.desired
  const desired = isAsDesired
    ? ''
    : `; desired predicted ${before.desired} → ${predicted.desiredNumberScheduled}, seen ${before.desired} → ${seen.desired}`
  return [`misscheduled ${planned}, seen ${result}${desired}`]
}

function rolloutWords({ predicted, rollout }: ChangeParameters): Words {
  if (!rollout) return []
  const { counts, finished } = rollout
  if (counts && finished !== undefined) {
    const { desired, updated } = counts
    return isComplete(counts)
      ? [`${desired} of ${counted(desired, 'pod')} restarted`]
      : [
          `${updated} of ${counted(desired, 'pod')} have the new tolerations, the others get them when they are deleted (update strategy OnDelete)`,
        ]
  }
  if (counts) return [`${counts.updated} of ${counted(counts.desired, 'pod')} restarted so far`]
  const restarts = predicted?.podsRestarted ?? 0
  return restarts > 0
    ? [`${counted(restarts, 'pod')} ${restarts === 1 ? 'restarts' : 'restart'}`]
    : []
}
