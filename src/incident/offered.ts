import type { AccessReview, Bot } from '../bot.ts'
import type { ActionName } from '../config/config.ts'
import type { Change } from '../daemonset/change.ts'
import { undoesPatches } from '../ownership/ownership.ts'
import type { ActionRow } from '../store/store.ts'
import type { Advice } from '../triage/advice.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Remedy } from '../triage/remedies/remedy.ts'
import { silenceActions } from './action-log.ts'
import { activeSilences, notCoveredBy } from './coverage.ts'
import type { Observation } from './state.ts'

/** The actions that change the cluster, in the order of their buttons. */
export const CHANGE_ACTIONS = ['patch', 'delete', 'recount'] as const

/** An action that changes the cluster. */
export type ChangeAction = (typeof CHANGE_ACTIONS)[number]

/** A change to one DaemonSet that a button may make: exactly what was simulated. */
export interface OfferedChange {
  readonly action: ChangeAction
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly remedy: Remedy
  readonly change: Change
}

/** What may be pressed on one incident's message. Computed once for each publish and each click. */
export interface Offered {
  /** ACTIONS. */
  readonly actions: readonly ActionName[]
  /** ALLOWED_USERS and ALLOWED_USERGROUPS are empty. */
  readonly nobodyMayPress: boolean
  /** Alertmanager's API is configured; without it nothing can be silenced. */
  readonly canSilence: boolean
  /** Changes of the kinds in ACTIONS, each with the bot's right to make it. */
  readonly changes: readonly (OfferedChange & { readonly review: AccessReview })[]
}

/** Which action makes the change of a remedy; remedies of other kinds have no button. */
export const actionOf: Partial<Record<Remedy['kind'], ChangeAction>> = {
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/**
 * What may be pressed: the advised changes, limited by the configuration and by the bot's own
 * rights.
 */
export async function offeredFor(
  bot: Bot,
  observation: Observation,
  explanation: Explanation | null,
): Promise<Offered> {
  const { config } = bot
  const changes =
    explanation && !observation.unreadable && observation.state !== 'closed'
      ? offeredChanges(explanation, observation.diagnoses)
      : []
  const wanted = changes.filter(({ action }) => config.actions.includes(action))
  return {
    actions: config.actions,
    nobodyMayPress: config.allowedUsers.length === 0 && config.allowedUsergroups.length === 0,
    canSilence: bot.alertmanager !== undefined,
    changes: await Promise.all(
      wanted.map(async (change) => ({ ...change, review: await reviewAccess(bot, change) })),
    ),
  }
}

/** The changes that the bot may make now; none once the count is 0. */
export function allowedChanges(
  { changes }: Offered,
  { state }: Pick<Observation, 'state'>,
): readonly OfferedChange[] {
  return state === 'fixed' ? [] : changes.filter(({ review }) => review.allowed)
}

/**
 * Whether the incident can be silenced now: an alert fires that no active silence of this incident
 * covers, and none is being created.
 */
export function isSilenceable(
  { actions: allowed, canSilence }: Pick<Offered, 'actions' | 'canSilence'>,
  observation: Observation,
  actions: readonly ActionRow[],
): boolean {
  if (!allowed.includes('silence') || !canSilence) return false
  const isBusy = silenceActions(actions).some(({ action }) => action.state === 'running')
  const left = notCoveredBy(observation, activeSilences(actions))
  return !isBusy && left.alerts.some(({ firing }) => firing)
}

/** Whether an action with this intent is running or active. */
export function isHeld(actions: readonly ActionRow[], intent: string): boolean {
  return actions.some(
    (action) =>
      action.intent === intent && (action.state === 'active' || action.state === 'running'),
  )
}

/** The intent of a change; one action with an intent runs at a time. */
export function intentOf({
  action,
  namespace,
  name,
}: Pick<OfferedChange, 'action' | 'namespace' | 'name'>): string {
  return `${action} ${namespace}/${name}`
}

/**
 * The changes that the explanation advises. A tempting remedy is never among them, nor is a patch
 * that the DaemonSet's owner would undo on its own.
 */
export function offeredChanges(
  explanation: Explanation,
  diagnoses: readonly Diagnosis[],
): OfferedChange[] {
  const advised = [...explanation.now, ...explanation.forGood]
  return diagnoses.flatMap((diagnosis) => {
    if (diagnosis.uid === undefined) return []
    const { namespace, name, uid } = diagnosis
    return CHANGE_ACTIONS.flatMap((action): OfferedChange[] => {
      if (action === 'patch' && undoesPatches(diagnosis.owner)) return []
      const remedy = advisedRemedy(action, diagnosis, advised)
      const change = remedy?.change
      return remedy && change ? [{ action, namespace, name, uid, remedy, change }] : []
    })
  })
}

/** The findings of one DaemonSet share their changes, so the first is the whole. */
function advisedRemedy(
  action: ChangeAction,
  { namespace, name, findings }: Diagnosis,
  advised: readonly Advice[],
): Remedy | undefined {
  const kinds = advised
    .filter(({ daemonSets }) => daemonSets.includes(`${namespace}/${name}`))
    .map(({ remedy }) => remedy.kind)
    .filter((kind) => actionOf[kind] === action)
  const all = findings
    .flatMap(({ remedies }) => remedies)
    .filter(
      ({ kind, tempting, change }) => kinds.includes(kind) && !tempting && change !== undefined,
    )
  return all.find(({ recommended }) => recommended) ?? all[0]
}

/** The right that each action needs, and the manifest in `deploy/kubernetes/` that grants it. */
const RIGHTS = {
  patch: { verb: 'patch', resource: 'daemonsets', manifest: 'write.yaml' },
  recount: { verb: 'patch', resource: 'daemonsets', manifest: 'write.yaml' },
  delete: { verb: 'delete', resource: 'pods', manifest: 'delete-pods.yaml' },
} as const

/**
 * An answer is kept this long: a new right shows up soon, and a right that was withdrawn is refused
 * by the API server anyway. Milliseconds.
 */
const reviewMs = 30_000

/**
 * The API server's access review of a change. An answer serves every message and click for half a
 * minute; a failure is retried.
 */
async function reviewAccess(bot: Bot, offered: OfferedChange): Promise<AccessReview> {
  const { accessReviews } = bot.memory
  const last = accessReviews.get(intentOf(offered))
  const atMs = bot.now().getTime()
  if (last && atMs - last.atMs < reviewMs) return last.review
  try {
    const review = await askForReview(bot, offered)
    accessReviews.set(intentOf(offered), { atMs, review })
    return review
  } catch (error) {
    const { verb, resource } = RIGHTS[offered.action]
    const reason = `it is unknown whether the bot may ${verb} ${resource}: ${String(error)}`
    return { allowed: false, reason }
  }
}

async function askForReview(
  bot: Bot,
  { action, namespace, name }: OfferedChange,
): Promise<AccessReview> {
  const { verb, resource, manifest } = RIGHTS[action]
  const only = resource === 'daemonsets' ? name : undefined
  const answer = await bot.cluster.may(verb, resource, namespace, only)
  if (answer.allowed) return answer
  const reason = `the bot may not ${verb} ${resource} in ${namespace} (deploy/kubernetes/${manifest} grants this right)`
  return { allowed: false, reason }
}
