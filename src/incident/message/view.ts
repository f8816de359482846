import type { ActionName } from '../../config/config.ts'
import type { IncidentView } from '../../slack/view.ts'
import type { ActionRow } from '../../store/store.ts'
import type { Explanation } from '../../triage/explain.ts'
import { code, user, type Words, words } from '../../words/words.ts'
import { changeDeeds, silenceDeeds } from '../deeds.ts'
import { type Offer, offers } from '../offered.ts'
import type { Seen } from '../state.ts'
import { historyWords } from './history.ts'
import { companionWords } from './related-alerts.ts'

/** What the installation allows. */
export interface Allowance {
  readonly actions: readonly ActionName[]
  /** Nobody is on the list of users. */
  readonly nobody: boolean
  /** Alertmanager's API is configured, without which nothing can be silenced. */
  readonly canSilence: boolean
  /** May the bot itself do this? The reason says what is missing. */
  readonly may: (offer: Offer) => { readonly allowed: boolean; readonly reason?: string }
}

export interface Drawable {
  readonly incidentId: string
  readonly rev: number
  readonly cluster: string
  readonly seen: Seen
  readonly explanation: Explanation | null
  readonly actions: readonly ActionRow[]
  readonly allowance: Allowance
  readonly links: IncidentView['links']
}

/** All that one message shows, from what was seen and what was done. Pure: equal input, equal view. */
export function viewOf(drawable: Drawable): IncidentView {
  const { incidentId, rev, cluster, seen, explanation, actions } = drawable
  const running = actions.find((action) => action.state === 'running')
  const companions = seen.state === 'closed' ? undefined : companionWords(seen)
  const history = historyWords(seen)
  return {
    incidentId,
    rev,
    cluster,
    state: seen.state,
    daemonSets: seen.alerts.map(({ namespace, name }) => ({
      namespace,
      name,
      misscheduled: misscheduled(seen, namespace, name),
    })),
    explanation,
    since: seen.since,
    ...(seen.closed ? { closed: seen.closed } : {}),
    ...(seen.unreadable
      ? { unreadable: words`The cluster could not be read: ${seen.unreadable}` }
      : {}),
    silences: silenceDeeds(actions)
      .filter(({ action }) => action.state === 'active')
      .map(({ action, deed }) => ({
        actionId: action.id,
        until: deed.until,
        who: action.who,
        untilNodesGone: deed.nodes !== null,
      })),
    undoable: changeDeeds(actions, 'patch')
      .filter(
        ({ action }) =>
          action.state === 'active' &&
          action.undo !== null &&
          seen.state !== 'closed' &&
          drawable.allowance.actions.includes('patch'),
      )
      .map(({ action, deed }) => ({
        actionId: action.id,
        what: words`toleration added to ${code(`${deed.namespace}/${deed.name}`)}`,
        who: action.who,
      })),
    ...(running ? { busy: busyWords(running) } : {}),
    buttons: seen.state === 'closed' || running ? [] : buttons(drawable, explanation),
    missing: seen.state === 'closed' ? [] : missing(drawable, explanation),
    ...(companions ? { companions } : {}),
    ...(history ? { history } : {}),
    links: drawable.links,
  }
}

function misscheduled(seen: Seen, namespace: string, name: string): number {
  const diagnosis = seen.diagnoses.find((one) => one.namespace === namespace && one.name === name)
  return diagnosis ? diagnosis.recount.numberMisscheduled : 0
}

/** The offers that are also allowed: what the buttons and the handlers both go by. */
export function allowedOffers(
  seen: Seen,
  explanation: Explanation | null,
  allowance: Allowance,
): Offer[] {
  if (!explanation || seen.unreadable || seen.state === 'fixed' || seen.state === 'closed')
    return []
  return offers(explanation, seen.diagnoses).filter(
    (offer) => allowance.actions.includes(offer.action) && allowance.may(offer).allowed,
  )
}

/** May the whole incident be silenced now? */
export function silencable(
  seen: Seen,
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
    seen.alerts.some((alert) => alert.firing)
  )
}

function buttons(
  { seen, actions, allowance }: Drawable,
  explanation: Explanation | null,
): IncidentView['buttons'] {
  const allowed = allowedOffers(seen, explanation, allowance)
  const taken = (offer: Offer): boolean =>
    actions.some(
      (action) =>
        action.intent === intentOf(offer) &&
        (action.state === 'active' || action.state === 'running'),
    )
  const open = allowed.filter((offer) => !taken(offer))
  const found: IncidentView['buttons'][number][] = []
  // The order is that of recommendation: what ends the incident now comes first, a silence where waiting is right.
  const recommended = explanation?.now.find((advice) => advice.remedy.recommended)?.remedy.kind
  if (silencable(seen, actions, allowance)) found.push('silence')
  for (const action of ['patch', 'delete', 'recount'] as const) {
    if (!open.some((offer) => offer.action === action)) continue
    if (open.some((offer) => offer.action === action && offer.remedy.kind === recommended))
      found.unshift(action)
    else found.push(action)
  }
  if (fixes(seen, explanation).length > 0) found.push('show-fix')
  return found
}

/** DaemonSets whose lasting fix goes to an owner, with what to copy. */
export function fixes(
  seen: Seen,
  explanation: Explanation | null,
): { namespace: string; name: string; snippet: string; where: string }[] {
  const advised = [...(explanation?.now ?? []), ...(explanation?.forGood ?? [])].map(
    (advice) => advice.remedy.kind,
  )
  return seen.diagnoses.flatMap((diagnosis) => {
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
export function intentOf(offer: Pick<Offer, 'action' | 'namespace' | 'name'>): string {
  return `${offer.action} ${offer.namespace}/${offer.name}`
}

function missing({ seen, allowance }: Drawable, explanation: Explanation | null): Words[] {
  if (allowance.actions.length === 0)
    return [words`Read-only: set ${code('ACTIONS')} and ${code('ALLOWED_USERS')} to act from here.`]
  if (allowance.nobody)
    return [
      words`Nobody may press these buttons yet: set ${code('ALLOWED_USERS')} or ${code('ALLOWED_USERGROUPS')}.`,
    ]
  const wanted = explanation && !seen.unreadable ? offers(explanation, seen.diagnoses) : []
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
