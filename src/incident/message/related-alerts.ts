import type { EqualityMatchers, GettableAlert } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { DaemonSetStatus } from '../../kubernetes/objects.ts'
import { code, listed, type Words, words } from '../../words/words.ts'
import { misscheduledNodes, type Observation, type RelatedAlert } from '../state.ts'
/** Fires with every lasting misscheduling, since `misscheduled != 0` is one of its conditions. */
export const rolloutStuck = 'KubeDaemonSetRolloutStuck'

const alertnames = [rolloutStuck, 'KubeNodeNotReady', 'KubeNodeUnreachable']

type Firing = Pick<GettableAlert, 'labels' | 'status'>

/** The alerts that often fire along, in one poll for all incidents of a round; undefined where Alertmanager did not say. */
export async function pollRelatedAlerts({
  alertmanager,
  config,
  log,
}: Bot): Promise<readonly Firing[] | undefined> {
  if (!alertmanager) return []
  try {
    const found = await Promise.all(
      alertnames.map((alertname) => alertmanager.matching({ alertname })),
    )
    return found.flat().filter(({ labels }) => isOurs(labels.cluster, config.clusterName))
  } catch (error) {
    log.warn(
      { err: error },
      'the alerts that fire along could not be read; the messages keep those of the last round',
    )
    return undefined
  }
}

/** Those of one incident, each once, in order. Pure. An inhibited one bothers nobody and is left out. */
export function relatedAlertsOf(
  observation: Pick<Observation, 'alerts' | 'diagnoses'>,
  firing: readonly Firing[],
): RelatedAlert[] {
  const nodes = new Set(misscheduledNodes(observation))
  const daemonSets = new Set(
    observation.alerts.map(({ namespace, name }) => `${namespace}/${name}`),
  )
  const found = firing.flatMap(({ labels, status }): RelatedAlert[] => {
    const { alertname = '', node = '', namespace = '', daemonset = '' } = labels
    const [subject, among] =
      alertname === rolloutStuck ? [`${namespace}/${daemonset}`, daemonSets] : [node, nodes]
    return status.inhibitedBy.length === 0 && among.has(subject) ? [{ alertname, subject }] : []
  })
  const byKey = new Map(found.map((one) => [`${one.alertname} ${one.subject}`, one]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** `KubeNodeNotReady for n1 and n2, KubeDaemonSetRolloutStuck`: one short line; undefined where nothing fires along. */
export function relatedAlertsLine({
  relatedAlerts = [],
  alerts,
}: Pick<Observation, 'relatedAlerts' | 'alerts'>): Words | undefined {
  const names = [...new Set(relatedAlerts.map(({ alertname }) => alertname))]
  if (names.length === 0) return undefined
  const parts = names.map((name): Words => {
    const subjects = relatedAlerts
      .filter(({ alertname }) => alertname === name)
      .map(({ subject }) => subject)
    // The message is about one DaemonSet only: there is no need to name it again.
    const isPlain = name === rolloutStuck && alerts.length === 1
    return isPlain ? words`${code(name)}` : words`${code(name)} for ${listed(subjects, 2)}`
  })
  return words`Also firing: ${parts.flatMap((part, index): Words => (index === 0 ? part : [', ', ...part]))}`
}

/**
 * Is the misscheduling all that KubeDaemonSetRolloutStuck fires for? Its rule is
 * `current != desired or misscheduled != 0 or updated != desired or available != desired`, on the numbers of the status.
 */
export function isStuckByMisschedulingAlone(status: DaemonSetStatus | null): boolean {
  if (!status) return false
  const {
    desiredNumberScheduled: desired = 0,
    currentNumberScheduled,
    updatedNumberScheduled,
    numberAvailable,
  } = status
  const others = [currentNumberScheduled, updatedNumberScheduled, numberAvailable]
  return (status.numberMisscheduled ?? 0) !== 0 && others.every((value = 0) => value === desired)
}

/** What the dialog of a silence offers beside it. */
export interface SecondSilence {
  readonly matchers: readonly EqualityMatchers[]
  /** Only where it can hide nothing else. */
  readonly ticked: boolean
}

/** KubeDaemonSetRolloutStuck of the DaemonSets for which it fires now; undefined where it does for none. `primary`: the matchers of the incident's own silences. */
export async function secondSilence(
  bot: Bot,
  observation: Observation,
  primary: readonly EqualityMatchers[],
): Promise<SecondSilence | undefined> {
  const { alertmanager } = bot
  if (!alertmanager) return undefined
  const wanted = primary.map((matchers) => ({ ...matchers, alertname: rolloutStuck }))
  const firing = await Promise.all(wanted.map((matchers) => alertmanager.matching(matchers)))
  const matchers = wanted.filter((_, index) =>
    firing[index]?.some(({ status }) => status.inhibitedBy.length === 0),
  )
  if (matchers.length === 0) return undefined
  const statuses = matchers.map((one) => statusOf(observation, one))
  return { matchers, ticked: statuses.every(isStuckByMisschedulingAlone) }
}

function statusOf(
  { diagnoses }: Observation,
  { namespace, daemonset }: EqualityMatchers,
): DaemonSetStatus | null {
  return (
    diagnoses.find((one) => one.namespace === namespace && one.name === daemonset)?.status ?? null
  )
}

function isOurs(cluster: string | undefined, own: string): boolean {
  return !cluster || !own || cluster === own
}
