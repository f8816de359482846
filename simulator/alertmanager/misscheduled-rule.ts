import type { Timers } from '../timers.ts'
import type { Sent } from './alert.ts'
import type { Labels } from './labels.ts'

/** `kube_daemonset_status_number_misscheduled` of one DaemonSet. */
export interface Sample {
  readonly namespace: string
  readonly daemonset: string
  readonly value: number
}

export interface RuleOptions {
  /** What kube-state-metrics serves; undefined: it cannot read the cluster and serves what it served last. */
  readonly samples: () => Promise<readonly Sample[] | undefined> | readonly Sample[] | undefined
  /** External label of Prometheus; absent: none. */
  readonly cluster?: string | undefined
  /** The rule's `for`, in milliseconds as all that follow. */
  readonly for: number
  /** Between two evaluations. */
  readonly interval: number
  /** Between two sends of an alert that goes on firing. */
  readonly resend: number
  readonly timers: Timers
  /** Alertmanager. Throws while it cannot be reached. */
  readonly send: (alerts: readonly Sent[]) => void
}

export interface Rule {
  /** Its series get another pod and instance: every alert ends and, after `for`, begins again with another fingerprint. */
  restartKubeStateMetrics(away?: number): void
}

interface Active {
  readonly labels: Labels
  readonly activeAt: number
  readonly sentAt: number | undefined
  readonly value: number
}

/** kube-state-metrics, and the stock alert rule on it, as Prometheus evaluates it and sends to Alertmanager. */
export function runMisscheduledRule(options: RuleOptions): Rule {
  const { timers, interval } = options
  let target = newTarget()
  let gone = false
  let served: readonly Sample[] = []
  let active: ReadonlyMap<string, Active> = new Map()
  let busy = false

  const evaluate = async () => {
    served = (await options.samples()) ?? served
    const now = Date.now()
    const series = gone ? [] : served.filter(({ value }) => value > 0)
    const next = new Map<string, Active>()
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
    if (busy) return
    busy = true
    void evaluate().finally(() => {
      busy = false
    })
  }
  timers.after(0, tick)
  timers.every(interval, tick)
  return {
    restartKubeStateMetrics(away = 4 * interval) {
      gone = true
      timers.after(away, () => {
        target = newTarget()
        gone = false
      })
    },
  }
}

/** Sends what fires and what has ended. What could not be sent is due again at the next evaluation. */
function sendDue(
  options: RuleOptions,
  before: ReadonlyMap<string, Active>,
  after: Map<string, Active>,
  now: number,
): ReadonlyMap<string, Active> {
  const ended = [...before].filter(([key, { sentAt }]) => sentAt !== undefined && !after.has(key))
  const due = [...after].filter(
    ([, { activeAt, sentAt }]) =>
      now - activeAt >= options.for && (sentAt === undefined || now - sentAt >= options.resend),
  )
  const firing = due.map(([, one]) =>
    alertOf(options, one, now + 4 * Math.max(options.resend, options.interval)),
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
  { cluster, for: wait }: RuleOptions,
  { labels, activeAt, value }: Active,
  endsAt: number,
): Sent {
  const { namespace, daemonset } = labels
  return {
    labels: {
      ...labels,
      ...(cluster !== undefined && { cluster }),
      prometheus: 'monitoring/kps-kube-prometheus-stack-prometheus',
    },
    annotations: {
      // External labels are not there when the text is made, so that the chart's own text ends like this.
      description: `${value} Pods of DaemonSet ${namespace}/${daemonset} are running where they are not supposed to run on cluster .`,
      runbook_url:
        'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedaemonsetmisscheduled',
      summary: 'DaemonSet pods are misscheduled.',
    },
    startsAt: activeAt + wait,
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

/** With `honorLabels`, only namespace and daemonset are the DaemonSet's; the others are those of kube-state-metrics itself. */
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
