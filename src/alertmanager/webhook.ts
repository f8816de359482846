import * as z from 'zod'
import type { AlertHint } from '../store/store.ts'
import { type Result, refusal, success } from '../words/result.ts'
import { hintsOf, type IgnoreReason } from './alert.ts'

/** The content of a webhook. */
export interface ReceivedWebhook {
  readonly hints: readonly AlertHint[]
  /** Number of alerts that are not for this bot, by reason. */
  readonly ignored: Readonly<Record<IgnoreReason, number>>
  /** Number of alerts that Alertmanager left out because of `max_alerts`. */
  readonly truncated: number
}

/**
 * Parses the body of a webhook of Alertmanager (version 4) or of Grafana (version 1). Required is
 * only a list `alerts`, each with a status and labels; the rest may be missing, null or unknown.
 * The status of the webhook itself is not read: it can be `resolved` while alerts that
 * `max_alerts` left out still fire.
 */
export function parseWebhook(body: unknown, clusterName: string): Result<ReceivedWebhook, string> {
  const webhook = Webhook.safeParse(body)
  if (!webhook.success) return refusal(problemOf(webhook.error, body))
  const alerts: z.infer<typeof Alert>[] = []
  // One by one: half a million wrong ones are half a million issues otherwise.
  for (const [index, given] of webhook.data.alerts.entries()) {
    const alert = Alert.safeParse(given)
    if (!alert.success) return refusal(problemOf(alert.error, body, ['alerts', index]))
    alerts.push(alert.data)
  }
  return success({ ...hintsOf(alerts, clusterName), truncated: webhook.data.truncatedAlerts })
}

const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined)

const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  startsAt: optionalText,
  endsAt: optionalText,
  fingerprint: optionalText,
  generatorURL: optionalText,
  annotations: z
    .record(z.string(), z.string())
    .nullish()
    .transform((all) => all ?? undefined)
    .catch(undefined),
})

const Webhook = z.object({
  alerts: z.array(z.unknown()),
  truncatedAlerts: z
    .number()
    .nullish()
    .transform((count) => count ?? 0),
})

function problemOf(
  error: z.ZodError,
  body: unknown,
  at: readonly (string | number)[] = [],
): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return 'not a webhook of Alertmanager or Grafana: the body is not a JSON object'
  const [first] = error.issues
  const path = [...at, ...(first?.path ?? [])]
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .slice(1, 200)
  const more = error.issues.length - 1
  return `not a webhook of Alertmanager or Grafana: ${path}: ${first?.message ?? 'wrong type'}${more > 0 ? ` (and ${more} more)` : ''}`
}
