import type { Timers } from '../timers.ts'
import type { Labels, PrometheusAlert } from './alert.ts'

/** `kube_daemonset_status_number_misscheduled` of one DaemonSet. `value`: pods. */
export interface Sample {
  readonly namespace: string
  readonly daemonset: string
  readonly value: number
}

/** The scrape target, the rule and where Prometheus sends its alerts. */
export interface RuleOptions {
  /**
   * What kube-state-metrics serves. undefined: it cannot read the cluster and serves its last
   * samples.
   */
  readonly samples: () => Promise<readonly Sample[] | undefined> | readonly Sample[] | undefined
  /** Value of Prometheus' external label `cluster`. Absent: no such label. */
  readonly cluster?: string | undefined
  /** The rule's `for`. */
  readonly forMs: number
  /** Between two evaluations. */
  readonly intervalMs: number
  /** Between two sends of an alert that is still firing. */
  readonly resendMs: number
  readonly timers: Timers
  /** Posts to Alertmanager. Throws while Alertmanager is down. */
  readonly send: (alerts: readonly PrometheusAlert[]) => void
}

/** The running rule. */
export interface Rule {
  /**
   * The series get a new pod and instance label, so every alert resolves and, after `for`, fires
   * with a new fingerprint. Default `downMs`: 4 intervals.
   */
  restartKubeStateMetrics(downMs?: number): void
}

/** A pending or firing alert. Times are milliseconds since 1970. */
interface ActiveAlert {
  readonly labels: Labels
  readonly activeAt: number
  readonly sentAt: number | undefined
  readonly value: number
}

/**
 * Runs kube-state-metrics and the stock KubeDaemonSetMisScheduled rule, as Prometheus evaluates it
 * and sends alerts to Alertmanager.
 */
export function runMisscheduledRule(options: RuleOptions): Rule {
  const { timers, intervalMs } = options
  let target = newTarget()
  let isDown = false
  let lastSamples: readonly Sample[] = []
  let active: ReadonlyMap<string, ActiveAlert> = new Map()
  let isEvaluating = false

  const evaluate = async () => {
    lastSamples = (await options.samples()) ?? lastSamples
    const now = Date.now()
    const series = isDown ? [] : lastSamples.filter(({ value }) => value > 0)
    const next = new Map<string, ActiveAlert>()
    for (const { namespace, daemonset, value } of series) {
      const labels = labelsOf(target, namespace, daemonset)
      const key = JSON.stringify(labels)
      next.set(key, {
        labels,
        value,
        activeAt: active.get(key)?.activeAt ?? now,
        sentAt: active.get(key)?.sentAt,
      })
    }
    active = sendDue(options, active, next, now)
  }
  const tick = () => {
    if (isEvaluating) return
    isEvaluating = true
    void evaluate().finally(() => {
      isEvaluating = false
    })
  }
  timers.after(0, tick)
  timers.every(intervalMs, tick)
  return {
    restartKubeStateMetrics(downMs = 4 * intervalMs) {
      isDown = true
      timers.after(downMs, () => {
        target = newTarget()
        isDown = false
      })
    },
  }
}

/**
 * Sends firing and resolved alerts. Alerts that could not be sent are due again at the next
 * evaluation.
 */
function sendDue(
  options: RuleOptions,
  before: ReadonlyMap<string, ActiveAlert>,
  after: Map<string, ActiveAlert>,
  now: number,
): ReadonlyMap<string, ActiveAlert> {
  const ended = [...before].filter(([key, { sentAt }]) => sentAt !== undefined && !after.has(key))
  const due = [...after].filter(
    ([, { activeAt, sentAt }]) =>
      now - activeAt >= options.forMs && (sentAt === undefined || now - sentAt >= options.resendMs),
  )
  const firing = due.map(([, one]) =>
    alertOf(options, one, now + 4 * Math.max(options.resendMs, options.intervalMs)),
  )
  const resolved = ended.map(([, one]) => alertOf(options, one, now))
  try {
    if (firing.length + resolved.length > 0) options.send([...firing, ...resolved])
  } catch {
    return new Map([...ended, ...after])
  }
  for (const [key, one] of due) after.set(key, { ...one, sentAt: now })
  return after
}

const EXPRESSION =
  'kube_daemonset_status_number_misscheduled{job="kube-state-metrics",namespace=~".*"} > 0'

function alertOf(
  { cluster, forMs }: RuleOptions,
  { labels, activeAt, value }: ActiveAlert,
  endsAt: number,
): PrometheusAlert {
  const { namespace, daemonset } = labels
  return {
    labels: {
      ...labels,
      ...(cluster !== undefined && { cluster }),
      prometheus: 'monitoring/kps-kube-prometheus-stack-prometheus',
    },
    annotations: {
      // The rule has no external labels when it renders annotations, so the stock text ends this
      // way.
      description: `${value} Pods of DaemonSet ${namespace}/${daemonset} are running where they are not supposed to run on cluster .`,
      runbook_url:
        'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedaemonsetmisscheduled',
      summary: 'DaemonSet pods are misscheduled.',
    },
    startsAt: activeAt + forMs,
    endsAt,
    generatorURL: `http://kps-kube-prometheus-stack-prometheus.monitoring:9090/graph?g0.expr=${encodeURIComponent(EXPRESSION).replaceAll('%20', '+')}&g0.tab=1`,
  }
}

interface Target {
  readonly pod: string
  readonly instance: string
}

const newTarget = (): Target => ({
  pod: `kps-kube-state-metrics-7c9d5b8f6-${Math.random().toString(36).slice(2, 7).padEnd(5, 'x')}`,
  instance: `10.244.1.${2 + Math.floor(Math.random() * 250)}:8080`,
})

/**
 * With `honorLabels`, namespace and daemonset are the DaemonSet's; all other labels are those of
 * kube-state-metrics.
 */
const labelsOf = ({ pod, instance }: Target, namespace: string, daemonset: string): Labels => ({
  alertname: 'KubeDaemonSetMisScheduled',
  container: 'kube-state-metrics',
  daemonset,
  endpoint: 'http',
  instance,
  job: 'kube-state-metrics',
  namespace,
  pod,
  service: 'kps-kube-state-metrics',
  severity: 'warning',
})
