import type { IncidentView } from '../../slack/incident-view.ts'
import type { ActionRow } from '../../store/store.ts'
import type { Explanation } from '../../triage/explain.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import {
  type ChangeParameters,
  type FollowedRollout,
  type SilenceParameters,
  silenceActions,
} from '../action-log.ts'
import { activeSilences, firingDaemonSets, notCoveredBy, silencedDaemonSets } from '../coverage.ts'
import { lastingFixes } from '../lasting-fixes.ts'
import {
  allowedChanges,
  CHANGE_ACTIONS,
  intentOf,
  isHeld,
  isSilenceable,
  type Offered,
} from '../offered.ts'
import { progressWords } from '../rollout-progress.ts'
import { standingPatches, undonePatches } from '../standing-patch.ts'
import type { Observation } from '../state.ts'
import { endingView } from './ending-view.ts'
import { historyLine } from './history.ts'
import { relatedAlertsLine } from './related-alerts.ts'

/** Everything that one message is rendered from. */
export interface ViewInput {
  readonly incidentId: string
  readonly rev: number
  readonly cluster: string
  readonly observation: Observation
  readonly explanation: Explanation | null
  readonly actions: readonly ActionRow[]
  readonly offered: Offered
  readonly links: IncidentView['links']
}

/**
 * What one message shows, from what was observed and which actions were taken. Pure: equal input,
 * equal view.
 */
export function viewOf(input: ViewInput): IncidentView {
  const { incidentId, rev, cluster, observation, explanation, actions, links } = input
  const { state, since, closed, unreadableSince, mentions = [] } = observation
  const isClosed = state === 'closed'
  const running = actions.find((action) => action.state === 'running')
  const relatedAlerts = isClosed ? undefined : relatedAlertsLine(observation)
  const history = historyLine(observation)
  return {
    incidentId,
    rev,
    cluster,
    state,
    mentions: isClosed || state === 'fixed' ? [] : mentions,
    daemonSets: observation.alerts.map(({ namespace, name }) => ({ namespace, name })),
    explanation,
    since,
    ...(closed ? { closed } : {}),
    at: newest(observation),
    ...severity(observation),
    ...(unreadableSince ? { unreadableSince } : {}),
    ...(observation.story ? { ending: endingView(observation.story, actions) } : {}),
    ...coverage(observation, actions),
    undoable: undoable(input),
    ...undone(actions),
    ...(running ? { busy: words`${user(running.who)} is on it: ${running.intent}` } : {}),
    buttons: running ? [] : isClosed ? fixButton(input) : buttons(input),
    missing: isClosed ? [] : missing(input),
    ...(relatedAlerts ? { relatedAlerts } : {}),
    ...(history ? { history } : {}),
    links,
  }
}

/** The active silences, and how much of what fires they cover. */
function coverage(
  observation: Observation,
  actions: readonly ActionRow[],
): Pick<IncidentView, 'silences' | 'silenced'> {
  const firing = firingDaemonSets(observation)
  const active = activeSilences(actions)
  const uncovered = firingDaemonSets(notCoveredBy(observation, active))
  const silences = silenceActions(actions)
    .filter(({ action }) => action.state === 'active')
    .map(({ action, parameters }) => ({
      actionId: action.id,
      until: parameters.until,
      who: action.who,
      untilNodesGone: parameters.nodes !== null,
      ...(coversAll(observation, parameters) ? {} : { covers: silencedDaemonSets(parameters) }),
    }))
  if (firing.length === 0 || uncovered.length === firing.length) return { silences }
  return { silences, silenced: { of: firing.length, uncovered } }
}

function coversAll(observation: Observation, silence: SilenceParameters): boolean {
  return notCoveredBy(observation, [silence]).alerts.every(({ firing }) => !firing)
}

function undoable({ actions, offered }: ViewInput): IncidentView['undoable'] {
  if (!offered.actions.includes('patch')) return []
  return standingPatches(actions).map(({ action, parameters }) => ({
    actionId: action.id,
    who: action.who,
    ...patchLine(parameters),
  }))
}

function undone(actions: readonly ActionRow[]): Pick<IncidentView, 'undone'> {
  const found = undonePatches(actions).map(({ patch, undo }) => ({
    undoneBy: undo.action.who,
    ...(patch && { who: patch.action.who }),
    ...patchLine(undo.parameters),
  }))
  return found.length > 0 ? { undone: found } : {}
}

function patchLine({ namespace, name, rollout }: ChangeParameters) {
  const progress = rollout && progressLine(rollout)
  return {
    what: words`toleration added to ${code(`${namespace}/${name}`)}`,
    ...(progress ? { progress } : {}),
  }
}

/** Of a rollout that is not finished; undefined before it was looked at. */
function progressLine({ counts, stuck, finished }: FollowedRollout): Words | undefined {
  if (finished !== undefined) return undefined
  if (!counts) return stuck ? words`⚠️ rollout not started` : undefined
  return words`${stuck ? '⚠️ rollout stuck' : 'rollout'}: ${progressWords(counts)}`
}

/**
 * The buttons in order of recommendation: what ends the incident now comes first; a silence does if
 * waiting is right.
 */
function buttons({
  observation,
  explanation,
  actions,
  offered,
}: ViewInput): IncidentView['buttons'] {
  const open = allowedChanges(offered, observation).filter(
    (change) => !isHeld(actions, intentOf(change)),
  )
  const found: IncidentView['buttons'][number][] = []
  const recommended = explanation?.now.find(({ remedy }) => remedy.recommended)?.remedy.kind
  if (isSilenceable(offered, observation, actions)) found.push('silence')
  for (const action of CHANGE_ACTIONS) {
    const changes = open.filter((change) => change.action === action)
    if (changes.length === 0) continue
    if (changes.some(({ remedy }) => remedy.kind === recommended)) found.unshift(action)
    else found.push(action)
  }
  if (recommended === undefined) {
    // Both answers to an open question come before the silence.
    const answers: readonly string[] = open.flatMap(({ action, remedy }) =>
      remedy.answer ? action : [],
    )
    found.sort((a, b) => Number(answers.includes(b)) - Number(answers.includes(a)))
  }
  return [...found, ...fixButton({ observation, explanation, actions })]
}

/** None if a lasting fix was found or made. */
function fixButton({
  observation,
  explanation,
  actions,
}: Pick<ViewInput, 'observation' | 'explanation' | 'actions'>): IncidentView['buttons'] {
  const { state, story } = observation
  const isOver = state === 'closed' || state === 'fixed'
  if (isOver && (!story || !endingView(story, actions).todo)) return []
  return lastingFixes(observation, explanation).length > 0 ? ['show-fix'] : []
}

/** RFC 3339: when the cluster was last read, or since when the incident is open. */
function newest({ diagnoses, closed, since }: Observation): string {
  return (
    closed ??
    diagnoses
      .map(({ at }) => at)
      .sort()
      .at(-1) ??
    since
  )
}

/** By how urgent Alertmanager's users mean them; other labels come last. */
const SEVERITIES = ['critical', 'error', 'warning', 'info']

function severity({ alerts }: Observation): Pick<IncidentView, 'severity'> {
  const labels = alerts.flatMap(({ labels }) => labels.severity ?? [])
  const known = SEVERITIES.find((one) => labels.includes(one)) ?? labels[0]
  return known ? { severity: known } : {}
}

/** Why a button that one would expect is missing. */
function missing({ offered }: ViewInput): Words[] {
  const { actions, canSilence, changes, nobodyMayPress } = offered
  if (actions.length === 0)
    return [words`Read-only: set ${code('ACTIONS')} and ${code('ALLOWED_USERS')} to act from here.`]
  if (nobodyMayPress)
    return [
      words`Nobody may press these buttons yet: set ${code('ALLOWED_USERS')} or ${code('ALLOWED_USERGROUPS')}.`,
    ]
  const denied = changes.filter(({ review }) => !review.allowed)
  const reasons = new Map(
    denied.map(({ action, review }) => [action, review.reason ?? 'the right is missing']),
  )
  const found = [...reasons].map(([action, reason]) => words`No ${action} button: ${reason}`)
  if (actions.includes('silence') && !canSilence)
    found.push(words`No silence button: ${code('ALERTMANAGER_URL')} is not set.`)
  return found
}
