import * as z from 'zod'
import { errorMessageWithCause } from '../words/error-message.ts'

/** The count in kube-state-metrics at one moment. */
export interface Sample {
  /** RFC 3339. */
  readonly at: string
  readonly value: number
}

/** Which series, over which time. */
export interface HistoryQuery {
  readonly namespace: string
  readonly daemonset: string
  /** Selects the series in a Prometheus that has several clusters. */
  readonly cluster?: string
  readonly from: Date
  readonly to: Date
}

/** As many as the sparkline of a message shows; Prometheus allows 11,000. */
const points = 60

const timeoutMs = 5_000

/**
 * The count of misscheduled nodes over time, at most 61 samples. `max by` joins the series of one
 * DaemonSet, because kube-state-metrics gets new target labels when it moves. Throws if Prometheus
 * does not answer or refuses the query.
 */
export async function misscheduledHistory(
  baseUrl: string,
  query: HistoryQuery,
  fetch: typeof globalThis.fetch,
): Promise<Sample[]> {
  const url = `${baseUrl}/api/v1/query_range?${parametersOf(query)}`
  const response = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new Error(`Prometheus at ${baseUrl} did not answer: ${errorMessageWithCause(cause)}`, {
      cause,
    })
  })
  const answer = QueryRangeResponse.safeParse(await response.json().catch(() => undefined))
  if (!answer.success)
    throw new Error(
      `Prometheus at ${baseUrl} answered ${response.status}, and the response is not that of its API. Check PROMETHEUS_URL`,
    )
  if (answer.data.status === 'error')
    throw new Error(`Prometheus at ${baseUrl} answered ${response.status}: ${answer.data.error}`)
  const series = seriesOf(answer.data.data.result, query.cluster)
  return (series?.values ?? []).map(([seconds, value]) => ({
    at: new Date(seconds * 1000).toISOString(),
    value: Number(value),
  }))
}

const Series = z.object({
  metric: z.object({ cluster: z.string().optional() }),
  values: z.array(z.tuple([z.number(), z.string()])),
})

/**
 * The series of the cluster. Prometheus adds external labels such as `cluster` only to what it
 * sends on, so its own series have none.
 */
function seriesOf(
  result: readonly z.infer<typeof Series>[],
  cluster: string | undefined,
): z.infer<typeof Series> | undefined {
  if (cluster === undefined) return result.length === 1 ? result[0] : undefined
  return (
    result.find(({ metric }) => metric.cluster === cluster) ??
    result.find(({ metric }) => metric.cluster === undefined)
  )
}

const QueryRangeResponse = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({ result: z.array(Series) }),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
])

function parametersOf({ namespace, daemonset, from, to }: HistoryQuery): URLSearchParams {
  const labels = { namespace, daemonset }
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)
  const range = seconds(to) - seconds(from)
  const step = Math.max(15, Math.ceil(range / points))
  return new URLSearchParams({
    query: `max by (namespace,daemonset,cluster) (kube_daemonset_status_number_misscheduled{${selector.join(',')}})`,
    // The last sample is at `to`.
    start: String(seconds(to) - Math.floor(range / step) * step),
    end: String(seconds(to)),
    step: String(step),
  })
}
