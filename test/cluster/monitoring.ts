import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiClient } from './api.ts'
import { part } from './parts.ts'
import {
  answersOk,
  freePort,
  type RunningProcess,
  startProcess,
  stopInReverse,
  temporaryDirectory,
} from './processes.ts'

/** The settings of the three processes; times are in seconds. */
export interface MonitoringOptions {
  /** Kubeconfig of a user who may list DaemonSets, nodes and pods. */
  readonly kubeconfigPath: string
  /** The address to which Alertmanager posts, with `token` as bearer token. */
  readonly webhook: { readonly url: string; readonly token?: string }
  /** Prometheus' external label `cluster`. Without it, alerts have no such label. */
  readonly cluster?: string
  /** `for` of the stock alert, default 5. */
  readonly forSeconds?: number
  /** Of the route in Alertmanager; the defaults are 1, 2 and 3600. */
  readonly groupWaitSeconds?: number
  readonly groupIntervalSeconds?: number
  readonly repeatIntervalSeconds?: number
  /** Another target of Prometheus, scraped with honor_labels. */
  readonly scrape?: { readonly job: string; readonly url: string }
  /** Rule groups besides that of the stock alert, as in a rule file. */
  readonly ruleGroups?: readonly unknown[]
}

/** An alert in `GET /api/v2/alerts`. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly updatedAt: string
  readonly fingerprint: string
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed'
    readonly silencedBy: readonly string[]
  }
}

/** A silence in `GET /api/v2/silences`, which also lists expired ones. */
export interface Silence {
  readonly id: string
  readonly status: { readonly state: 'active' | 'pending' | 'expired' }
  readonly matchers: readonly {
    readonly name: string
    readonly value: string
    readonly isRegex: boolean
    readonly isEqual: boolean
  }[]
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

/**
 * Each process can be stopped, killed and started separately, on the same port and with the same
 * data.
 */
export interface Monitoring {
  readonly kubeStateMetrics: RunningProcess
  readonly prometheus: RunningProcess
  readonly alertmanager: RunningProcess
  readonly kubeStateMetricsUrl: string
  readonly prometheusUrl: string
  readonly alertmanagerUrl: string
  alerts(): Promise<Alert[]>
  silences(): Promise<Silence[]>
  /** The result of an instant PromQL query. */
  query(
    promql: string,
  ): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>
  stop(): Promise<void>
}

/**
 * Starts kube-state-metrics, Prometheus with the stock alert, and Alertmanager on loopback.
 * Prometheus scrapes and evaluates every second.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { path: directory, remove } = await temporaryDirectory('monitoring')
  const started: RunningProcess[] = []
  const stop = async () => {
    await stopInReverse(started)
    await remove()
  }
  const start = async (promise: Promise<RunningProcess>) => {
    const running = await promise
    started.push(running)
    return running
  }
  try {
    const [metricsPort, prometheusPort, alertmanagerPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
    ]
    const kubeStateMetrics = await start(startKubeStateMetrics(directory, options, metricsPort))
    const alertmanager = await start(startAlertmanager(directory, options, alertmanagerPort))
    const prometheus = await start(
      startPrometheus(directory, options, { metricsPort, prometheusPort, alertmanagerPort }),
    )
    const alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`
    const prometheusUrl = `http://127.0.0.1:${prometheusPort}`
    const askAlertmanager = apiClient({ url: alertmanagerUrl })
    const askPrometheus = apiClient({ url: prometheusUrl })
    return {
      kubeStateMetrics,
      prometheus,
      alertmanager,
      kubeStateMetricsUrl: `http://127.0.0.1:${metricsPort}`,
      prometheusUrl,
      alertmanagerUrl,
      alerts: () => askAlertmanager('GET', '/api/v2/alerts'),
      silences: () => askAlertmanager('GET', '/api/v2/silences'),
      async query(promql) {
        type Answer = {
          data: { result: { metric: Record<string, string>; value: [number, string] }[] }
        }
        const { data } = await askPrometheus<Answer>(
          'GET',
          `/api/v1/query?query=${encodeURIComponent(promql)}`,
        )
        return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
      },
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

async function startKubeStateMetrics(
  directory: string,
  { kubeconfigPath }: MonitoringOptions,
  port: number,
): Promise<RunningProcess> {
  return startProcess({
    name: 'kube-state-metrics',
    command: await part('kube-state-metrics'),
    directory,
    ready: () => answersOk(`http://127.0.0.1:${port}/healthz`),
    args: [
      `--kubeconfig=${kubeconfigPath}`,
      '--host=127.0.0.1',
      `--port=${port}`,
      '--telemetry-host=127.0.0.1',
      `--telemetry-port=${await freePort()}`,
      '--resources=daemonsets,nodes,pods',
    ],
  })
}

async function startAlertmanager(
  directory: string,
  options: MonitoringOptions,
  port: number,
): Promise<RunningProcess> {
  const {
    webhook,
    groupWaitSeconds = 1,
    groupIntervalSeconds = 2,
    repeatIntervalSeconds = 3600,
  } = options
  const http =
    webhook.token === undefined
      ? {}
      : { http_config: { authorization: { type: 'Bearer', credentials: webhook.token } } }
  const config = join(directory, 'alertmanager.json')
  await writeConfig(config, {
    route: {
      receiver: 'daemonset-triage',
      group_by: ['alertname', 'cluster', 'namespace', 'daemonset'],
      group_wait: `${groupWaitSeconds}s`,
      group_interval: `${groupIntervalSeconds}s`,
      repeat_interval: `${repeatIntervalSeconds}s`,
    },
    receivers: [
      {
        name: 'daemonset-triage',
        webhook_configs: [{ url: webhook.url, send_resolved: true, ...http }],
      },
    ],
  })
  return startProcess({
    name: 'alertmanager',
    command: await part('alertmanager'),
    directory,
    ready: () => answersOk(`http://127.0.0.1:${port}/-/ready`),
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(directory, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
  })
}

interface Ports {
  readonly metricsPort: number
  readonly prometheusPort: number
  readonly alertmanagerPort: number
}

async function startPrometheus(
  directory: string,
  options: MonitoringOptions,
  ports: Ports,
): Promise<RunningProcess> {
  const { cluster, forSeconds = 5, scrape, ruleGroups = [] } = options
  const rules = join(directory, 'rules.json')
  const config = join(directory, 'prometheus.json')
  await writeConfig(rules, {
    groups: [{ name: 'kubernetes-apps', rules: [misScheduledRule(forSeconds)] }, ...ruleGroups],
  })
  await writeConfig(config, {
    global: {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      evaluation_interval: '1s',
      ...(cluster && { external_labels: { cluster } }),
    },
    rule_files: [rules],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanagerPort}`] }] }],
    },
    scrape_configs: [
      {
        job_name: 'kube-state-metrics',
        honor_labels: true,
        // The target labels that Prometheus Operator sets. They end up on the alert, unrelated to
        // the DaemonSet.
        static_configs: [
          {
            targets: [`127.0.0.1:${ports.metricsPort}`],
            labels: {
              namespace: 'monitoring',
              pod: 'kube-state-metrics-0',
              container: 'kube-state-metrics',
              service: 'kube-state-metrics',
            },
          },
        ],
      },
      ...(scrape
        ? [
            {
              job_name: scrape.job,
              honor_labels: true,
              static_configs: [{ targets: [new URL(scrape.url).host] }],
            },
          ]
        : []),
    ],
  })
  const data = join(directory, 'prometheus')
  await mkdir(data)
  return startProcess({
    name: 'prometheus',
    command: await part('prometheus'),
    directory,
    ready: () => answersOk(`http://127.0.0.1:${ports.prometheusPort}/-/ready`),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${ports.prometheusPort}`,
      // Without Prometheus, Alertmanager resolves an alert after four times this delay.
      '--rules.alert.resend-delay=5s',
    ],
  })
}

/** The rule of kubernetes-mixin with another `for`. */
function misScheduledRule(forSeconds: number) {
  return {
    alert: 'KubeDaemonSetMisScheduled',
    expr: 'kube_daemonset_status_number_misscheduled{job="kube-state-metrics"} > 0',
    for: `${forSeconds}s`,
    labels: { severity: 'warning' },
    annotations: {
      summary: 'DaemonSet pods are misscheduled.',
      description:
        '{{ $value }} Pods of DaemonSet {{ $labels.namespace }}/{{ $labels.daemonset }} are running where they are not supposed to run on cluster {{ $labels.cluster }}.',
      runbook_url:
        'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedaemonsetmisscheduled',
    },
  }
}

/** Both programs read JSON, because JSON is YAML. */
const writeConfig = (path: string, config: unknown) =>
  writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 })
