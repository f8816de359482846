import * as z from 'zod'
import type { AlertHint } from '../store/store.ts'
import { hintsOf, type IgnoreReason } from './alert.ts'

export type ParsedWebhook =
  | {
      readonly ok: true
      readonly hints: readonly AlertHint[]
      readonly ignored: Readonly<Record<IgnoreReason, number>>
      /** Alerts that the sender left out of the list (its `max_alerts`). */
      readonly truncated: number
    }
  | { readonly ok: false; readonly problem: string }

/**
 * Reads the body of a webhook of Alertmanager (version 4 and its later additions) or of Grafana, whose `version` is 1. The shape decides:
 * a list `alerts`, each with a status and labels. Everything else may be missing, be null or be new. The status of the whole is not
 * looked at, since it is `resolved` while alerts that were left out still fire.
 */
export function parseWebhook(body: unknown, clusterName: string): ParsedWebhook {
  const webhook = Webhook.safeParse(body)
  if (!webhook.success) return { ok: false, problem: inWords(webhook.error, body) }
  return {
    ok: true,
    ...hintsOf(webhook.data.alerts, clusterName),
    truncated: webhook.data.truncatedAlerts,
  }
}

const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined)

const Webhook = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      startsAt: optionalText,
      endsAt: optionalText,
      fingerprint: optionalText,
    }),
  ),
  truncatedAlerts: z
    .number()
    .nullish()
    .transform((count) => count ?? 0),
})

function inWords(error: z.ZodError, body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return 'not a webhook of Alertmanager or Grafana: the body is not a JSON object'
  const [first] = error.issues
  const place = (first?.path ?? [])
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .slice(1, 200)
  const more = error.issues.length - 1
  return `not a webhook of Alertmanager or Grafana: ${place}: ${first?.message ?? 'wrong shape'}${more > 0 ? ` (and ${more} more)` : ''}`
}
