import { alertname as defaultAlertname } from '../alertmanager/alert.ts'
import type { ActionRow } from '../store/store.ts'
import { type SilenceParameters, silenceActions } from './action-log.ts'
import type { Observation } from './state.ts'

/** The parameters of an incident's active silences. */
export function activeSilences(actions: readonly ActionRow[]): readonly SilenceParameters[] {
  return silenceActions(actions)
    .filter(({ action }) => action.state === 'active')
    .map(({ parameters }) => parameters)
}

/** The part of an incident whose alerts these silences match. */
export function coveredBy(
  observation: Observation,
  silences: readonly SilenceParameters[],
): Observation {
  return partOf(observation, (alert) => silences.some((silence) => covers(silence, alert)))
}

/** The part of an incident whose alerts none of these silences matches. */
export function notCoveredBy(
  observation: Observation,
  silences: readonly SilenceParameters[],
): Observation {
  return partOf(observation, (alert) => !silences.some((silence) => covers(silence, alert)))
}

/** Names of the DaemonSets whose alert fires, `namespace/name`. */
export function firingDaemonSets({ alerts }: Pick<Observation, 'alerts'>): string[] {
  return alerts.filter(({ firing }) => firing).map(({ namespace, name }) => `${namespace}/${name}`)
}

/** Names of the DaemonSets that the silence covers, `namespace/name`. */
export function silencedDaemonSets({ silences }: Pick<SilenceParameters, 'silences'>): string[] {
  return [...new Set(silences.map(({ namespace, name }) => `${namespace}/${name}`))]
}

type Alert = Observation['alerts'][number]

function covers(
  { silences }: SilenceParameters,
  { namespace, name, labels: { alertname = defaultAlertname } }: Alert,
): boolean {
  return silences.some(
    (silence) =>
      silence.namespace === namespace && silence.name === name && silence.alertname === alertname,
  )
}

function partOf(observation: Observation, includes: (alert: Alert) => boolean): Observation {
  const alerts = observation.alerts.filter(includes)
  const diagnoses = observation.diagnoses.filter((diagnosis) =>
    alerts.some(
      ({ namespace, name }) => namespace === diagnosis.namespace && name === diagnosis.name,
    ),
  )
  return { ...observation, alerts, diagnoses }
}
