import type { EqualityMatchers, GettableAlert } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { DaemonSetStatus } from '../../kubernetes/objects.ts'
import { code, joined, listed, type Words, words } from '../../words/words.ts'
import { diagnosisOf, misscheduledNodes, type Observation, type RelatedAlert } from '../state.ts'

/** Fires with every lasting misscheduling, since `misscheduled != 0` is one of its conditions. */
export const rolloutStuck = 'KubeDaemonSetRolloutStuck'

const alertnames = [rolloutStuck, 'KubeNodeNotReady', 'KubeNodeUnreachable']

type FiringAlert = Pick<GettableAlert, 'labels' | 'status'>

/**
 * The alerts that often fire together with this one, in one poll for all incidents of a round.
 * undefined: Alertmanager did not answer.
 */
export async function pollRelatedAlerts({
  alertmanager,
  config,
  log,
}: Bot): Promise<readonly FiringAlert[] | undefined> {
  if (!alertmanager) return []
  try {
    const found = await Promise.all(
      alertnames.map((alertname) => alertmanager.matching({ alertname })),
    )
    const own = config.clusterName
    return found.flat().filter(({ labels: { cluster } }) => !cluster || !own || cluster === own)
  } catch (error) {
    log.warn({ err: error }, 'related alerts not read: messages keep those of the last round')
    return undefined
  }
}

/**
 * The related alerts of one incident, each once, in order. Inhibited alerts notify nobody and are
 * left out. Pure.
 */
export function relatedAlertsOf(
  observation: Pick<Observation, 'alerts' | 'diagnoses'>,
  firing: readonly FiringAlert[],
): RelatedAlert[] {
  const nodes = new Set(misscheduledNodes(observation))
  const daemonSets = new Set(
    observation.alerts.map(({ namespace, name }) => `${namespace}/${name}`),
  )
  const found = firing.flatMap(({ labels, status }): RelatedAlert[] => {
    const { alertname = '', node = '', namespace = '', daemonset = '' } = labels
    const [subject, subjects] =
      alertname === rolloutStuck ? [`${namespace}/${daemonset}`, daemonSets] : [node, nodes]
    const isRelated = status.inhibitedBy.length === 0 && subjects.has(subject)
    return isRelated ? [{ alertname, subject }] : []
  })
  const byKey = new Map(found.map((one) => [`${one.alertname} ${one.subject}`, one]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/**
 * `Also firing: KubeNodeNotReady for n1 and n2, KubeDaemonSetRolloutStuck`; undefined if there are
 * none.
 */
export function relatedAlertsLine({
  relatedAlerts = [],
  alerts,
}: Pick<Observation, 'relatedAlerts' | 'alerts'>): Words | undefined {
  const names = [...new Set(relatedAlerts.map(({ alertname }) => alertname))]
  if (names.length === 0) return undefined
  const parts = names.map((name): Words => {
    const own = relatedAlerts.filter(({ alertname }) => alertname === name)
    // The message of a single DaemonSet need not repeat its name.
    if (name === rolloutStuck && alerts.length === 1) return [code(name)]
    return words`${code(name)} for ${listed(
      own.map(({ subject }) => subject),
      2,
    )}`
  })
  return words`Also firing: ${joined(parts, ', ')}`
}

/**
 * Whether the misscheduled pods alone explain KubeDaemonSetRolloutStuck. Its rule is `current !=
 * desired or misscheduled != 0 or updated != desired or available != desired`, on the numbers of
 * the status.
 */
export function isStuckByMisschedulingAlone(status: DaemonSetStatus | null): boolean {
  if (!status) return false
  const { desiredNumberScheduled: desired = 0, numberMisscheduled = 0 } = status
  const { currentNumberScheduled, updatedNumberScheduled, numberAvailable } = status
  const others = [currentNumberScheduled, updatedNumberScheduled, numberAvailable]
  return numberMisscheduled !== 0 && others.every((value = 0) => value === desired)
}

/** A second silence that the silence dialog offers. */
export interface SecondSilence {
  readonly matchers: readonly EqualityMatchers[]
  /** Preselected only if it can hide nothing else. */
  readonly ticked: boolean
}

/**
 * Silences on KubeDaemonSetRolloutStuck for the DaemonSets for which it fires now; undefined if it
 * fires for none. `primary`: the matchers of the incident's own silences.
 */
export async function secondSilence(
  { alertmanager }: Bot,
  observation: Observation,
  primary: readonly EqualityMatchers[],
): Promise<SecondSilence | undefined> {
  if (!alertmanager) return undefined
  const wanted = primary.map((matchers) => ({ ...matchers, alertname: rolloutStuck }))
  const firing = await Promise.all(wanted.map((matchers) => alertmanager.matching(matchers)))
  const matchers = wanted.filter((_, index) =>
    firing[index]?.some(({ status }) => status.inhibitedBy.length === 0),
  )
  if (matchers.length === 0) return undefined
  const statusOf = ({ namespace = '', daemonset: name = '' }: EqualityMatchers) =>
    diagnosisOf(observation, { namespace, name })?.status ?? null
  return { matchers, ticked: matchers.map(statusOf).every(isStuckByMisschedulingAlone) }
}
