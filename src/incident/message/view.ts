import type { IncidentView } from '../../slack/view.ts'
import type { ActionRow } from '../../store/store.ts'
import type { Explanation } from '../../triage/explain.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import { changeActions, silenceActions } from '../action-parameters.ts'
import { type OfferedChange, offeredChanges } from '../offered.ts'
import type { Allowance } from '../rights.ts'
import type { Observation } from '../state.ts'
import { historyLine } from './history.ts'
import { relatedAlertsLine } from './related-alerts.ts'

export interface Drawable {
  readonly incidentId: string
  readonly rev: number
  readonly cluster: string
  readonly observation: Observation
  readonly explanation: Explanation | null
  readonly actions: readonly ActionRow[]
  readonly allowance: Allowance
  readonly links: IncidentView['links']
}

/** All that one message shows, from what was observation and what was done. Pure: equal input, equal view. */
export function viewOf(drawable: Drawable): IncidentView {
  const { incidentId, rev, cluster, observation, explanation, actions } = drawable
  const running = actions.find((action) => action.state === 'running')
  const relatedAlerts = observation.state === 'closed' ? undefined : relatedAlertsLine(observation)
  const history = historyLine(observation)
  return {
    incidentId,
    rev,
    cluster,
    state: observation.state,
    daemonSets: observation.alerts.map(({ namespace, name }) => ({
      namespace,
      name,
      misscheduled: misscheduled(observation, namespace, name),
    })),
    explanation,
    since: observation.since,
    ...(observation.closed ? { closed: observation.closed } : {}),
    ...(observation.unreadable
      ? { unreadable: words`The cluster could not be read: ${observation.unreadable}` }
      : {}),
    silences: silenceActions(actions)
      .filter(({ action }) => action.state === 'active')
      .map(({ action, parameters }) => ({
        actionId: action.id,
        until: parameters.until,
        who: action.who,
        untilNodesGone: parameters.nodes !== null,
      })),
    undoable: changeActions(actions, 'patch')
      .filter(
        ({ action }) =>
          action.state === 'active' &&
          action.undo !== null &&
          observation.state !== 'closed' &&
          drawable.allowance.actions.includes('patch'),
      )
      .map(({ action, parameters }) => ({
        actionId: action.id,
        what: words`toleration added to ${code(`${parameters.namespace}/${parameters.name}`)}`,
        who: action.who,
      })),
    ...(running ? { busy: busyWords(running) } : {}),
    buttons: observation.state === 'closed' || running ? [] : buttons(drawable, explanation),
    missing: observation.state === 'closed' ? [] : missing(drawable, explanation),
    ...(relatedAlerts ? { relatedAlerts } : {}),
    ...(history ? { history } : {}),
    links: drawable.links,
  }
}

function misscheduled(observation: Observation, namespace: string, name: string): number {
  const diagnosis = observation.diagnoses.find(
    (one) => one.namespace === namespace && one.name === name,
  )
  return diagnosis ? diagnosis.recount.numberMisscheduled : 0
}

/** The offers that are also allowed: what the buttons and the handlers both go by. */
export function allowedOffers(
  observation: Observation,
  explanation: Explanation | null,
  allowance: Allowance,
): OfferedChange[] {
  if (
    !explanation ||
    observation.unreadable ||
    observation.state === 'fixed' ||
    observation.state === 'closed'
  )
    return []
  return offeredChanges(explanation, observation.diagnoses).filter(
    (offer) => allowance.actions.includes(offer.action) && allowance.may(offer).allowed,
  )
}

/** May the whole incident be silenced now? */
export function silencable(
  observation: Observation,
  actions: readonly ActionRow[],
  allowance: Allowance,
): boolean {
  const silenced = actions.some(
    (action) =>
      action.intent === 'silence' && (action.state === 'active' || action.state === 'running'),
  )
  return (
    allowance.actions.includes('silence') &&
    allowance.canSilence &&
    !silenced &&
    observation.alerts.some((alert) => alert.firing)
  )
}

function buttons(
  { observation, actions, allowance }: Drawable,
  explanation: Explanation | null,
): IncidentView['buttons'] {
  const allowed = allowedOffers(observation, explanation, allowance)
  const taken = (offer: OfferedChange): boolean =>
    actions.some(
      (action) =>
        action.intent === intentOf(offer) &&
        (action.state === 'active' || action.state === 'running'),
    )
  const open = allowed.filter((offer) => !taken(offer))
  const found: IncidentView['buttons'][number][] = []
  // The order is that of recommendation: what ends the incident now comes first, a silence where waiting is right.
  const recommended = explanation?.now.find((advice) => advice.remedy.recommended)?.remedy.kind
  if (silencable(observation, actions, allowance)) found.push('silence')
  for (const action of ['patch', 'delete', 'recount'] as const) {
    if (!open.some((offer) => offer.action === action)) continue
    if (open.some((offer) => offer.action === action && offer.remedy.kind === recommended))
      found.unshift(action)
    else found.push(action)
  }
  if (fixes(observation, explanation).length > 0) found.push('show-fix')
  return found
}

/** DaemonSets whose lasting fix goes to an owner, with what to copy. */
export function fixes(
  observation: Observation,
  explanation: Explanation | null,
): { namespace: string; name: string; snippet: string; where: string }[] {
  const advised = [...(explanation?.now ?? []), ...(explanation?.forGood ?? [])].map(
    (advice) => advice.remedy.kind,
  )
  return observation.diagnoses.flatMap((diagnosis) => {
    const remedy = diagnosis.findings
      .flatMap((finding) => finding.remedies)
      .find((one) => one.snippet && advised.includes(one.kind))
    return remedy?.snippet
      ? [
          {
            namespace: diagnosis.namespace,
            name: diagnosis.name,
            snippet: remedy.snippet,
            where: diagnosis.owner.fix,
          },
        ]
      : []
  })
}

/** What an action is to bring about; one of it at a time. */
export function intentOf(offer: Pick<OfferedChange, 'action' | 'namespace' | 'name'>): string {
  return `${offer.action} ${offer.namespace}/${offer.name}`
}

function missing({ observation, allowance }: Drawable, explanation: Explanation | null): Words[] {
  if (allowance.actions.length === 0)
    return [words`Read-only: set ${code('ACTIONS')} and ${code('ALLOWED_USERS')} to act from here.`]
  if (allowance.nobody)
    return [
      words`Nobody may press these buttons yet: set ${code('ALLOWED_USERS')} or ${code('ALLOWED_USERGROUPS')}.`,
    ]
  const wanted =
    explanation && !observation.unreadable ? offeredChanges(explanation, observation.diagnoses) : []
  const lacking = wanted.filter(
    (offer) => allowance.actions.includes(offer.action) && !allowance.may(offer).allowed,
  )
  const reasons = new Map(
    lacking.map((offer) => [offer.action, allowance.may(offer).reason ?? 'the right is missing']),
  )
  const found = [...reasons].map(([action, reason]) => words`No ${action} button: ${reason}`)
  if (allowance.actions.includes('silence') && !allowance.canSilence)
    found.push(words`No silence button: ${code('ALERTMANAGER_URL')} is not set.`)
  return found
}

function busyWords(action: ActionRow): Words {
  return words`${user(action.who)} is on it: ${action.intent}`
}
