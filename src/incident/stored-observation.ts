import * as z from 'zod'
import type { Bot } from '../bot.ts'
import type { IncidentRow } from '../store/store.ts'
import type { Observation } from './state.ts'

/** `Words` as they are stored. */
export const storedWords = z.array(
  z.union([
    z.string(),
    z.object({ code: z.string() }),
    z.object({ time: z.string() }),
    z.object({ strong: z.string() }),
    z.object({ user: z.string() }),
    z.object({ mention: z.string() }),
  ]),
)

/** A template's tolerations as they are stored with an action. */
export const storedTolerations = z.array(
  z.object({
    key: z.string().optional(),
    operator: z.string().optional(),
    value: z.string().optional(),
    effect: z.string().optional(),
    tolerationSeconds: z.number().optional(),
  }),
)

/** The counts that a simulation predicts, as they are stored. */
export const storedPrediction = z.object({
  numberMisscheduled: z.number(),
  desiredNumberScheduled: z.number(),
  podsRestarted: z.number(),
})

const names = z.array(z.string())

/**
 * Carried through unread: an object that only pure code of the same version produces and
 * interprets.
 */
const object = <T extends object>() =>
  z.custom<T>((value) => typeof value === 'object' && value !== null)

type Diagnosis = Observation['diagnoses'][number]
type Finding = Diagnosis['findings'][number]
type Remedy = Finding['remedies'][number]

const remedy = z.looseObject({
  kind: z.custom<Remedy['kind']>((value) => typeof value === 'string'),
  horizon: z.enum(['now', 'for-good']),
  recommended: z.boolean(),
  tempting: z.boolean(),
  answer: z.enum(['yes', 'no']).optional(),
  bridges: z.literal(true).optional(),
  title: storedWords,
  why: storedWords,
  consequences: storedWords.optional(),
  pace: z.string().optional(),
  commands: names.optional(),
  snippet: z.string().optional(),
  place: storedWords.optional(),
  change: object<NonNullable<Remedy['change']>>().optional(),
  repair: object<NonNullable<Remedy['repair']>>().optional(),
  predict: storedPrediction.nullable(),
})

const finding = z.looseObject({
  id: z.string(),
  about: z.enum(['pods', 'status', 'no-daemonset']),
  heldBy: z.string().nullable(),
  cause: z.string(),
  variant: z.string().nullable(),
  key: z.string().nullable(),
  nodes: names,
  pods: names,
  summary: storedWords,
  ifIgnored: storedWords.default([]),
  why: storedWords,
  perNode: z.array(z.object({ node: z.string(), reason: storedWords })),
  evidence: z.array(storedWords),
  remedies: z.array(remedy),
  limits: z.array(storedWords).default([]),
  root: z.string(),
})

const diagnosis = z.looseObject({
  namespace: z.string(),
  name: z.string(),
  at: z.string(),
  exists: z.boolean(),
  uid: z.string().optional(),
  status: object<NonNullable<Diagnosis['status']>>().nullable(),
  recount: z.looseObject({
    desiredNumberScheduled: z.number(),
    currentNumberScheduled: z.number(),
    numberMisscheduled: z.number(),
    numberReady: z.number(),
    numberAvailable: z.number(),
    numberUnavailable: z.number(),
  }),
  nodes: z.array(
    z.looseObject({
      name: z.string(),
      shouldRun: z.boolean(),
      shouldContinueRunning: z.boolean(),
      misscheduled: z.boolean(),
      pods: names,
      reasons: z.array(object<Diagnosis['nodes'][number]['reasons'][number]>()),
    }),
  ),
  controllerDeletes: names,
  findings: z.array(finding),
  owner: z.looseObject({
    kind: z.string(),
    name: z.string().optional(),
    chain: names,
    onPatch: z.enum(['reverts', 'overwrites', 'none']),
    applies: z.literal(true).optional(),
    takesNone: z.literal(true).optional(),
    placement: z.object({ title: z.string(), why: z.string() }).optional(),
    revert: z.string(),
    fix: z.string(),
    path: z.string().optional(),
  }),
  isNeeded: z.literal(true).optional(),
  limits: z.array(storedWords),
})

const state = z.enum(['open', 'fixed', 'cleared', 'closed', 'unreadable'])

const observation = z.looseObject({
  state,
  since: z.string(),
  closed: z.string().optional(),
  alerts: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      firing: z.boolean(),
      labels: z.record(z.string(), z.string()),
      links: z.object({ graph: z.string().optional(), runbook: z.string().optional() }).optional(),
    }),
  ),
  diagnoses: z.array(diagnosis),
  unreadable: z.string().optional(),
  unreadableSince: z.string().optional(),
  story: z
    .object({
      cause: z.string(),
      nodes: z.number(),
      past: storedWords,
      daemonSets: names,
      todo: storedWords.optional(),
      todoAfterPatch: storedWords.optional(),
      fixes: z.array(
        z.object({
          daemonSets: names,
          snippet: z.string(),
          where: storedWords,
          answer: z.enum(['yes', 'no']).optional(),
        }),
      ),
      ended: z.object({ by: storedWords, isTemplate: z.literal(true).optional() }).optional(),
    })
    .optional(),
  posted: z
    .object({
      state,
      causes: names,
      unconfirmed: z.record(z.string(), z.string()).optional(),
      nodes: z.number(),
      most: z.number().optional(),
      shown: names.optional(),
      daemonSets: names.optional(),
    })
    .optional(),
  lastBroadcast: z.string().optional(),
  mentions: names.optional(),
  quiet: names.optional(),
  relatedAlerts: z.array(z.object({ alertname: z.string(), subject: z.string() })).optional(),
  history: z
    .object({
      until: z.string(),
      daemonSet: z.string(),
      count: z.number(),
      counts: z.array(z.number().nullable()),
      since: z.string().optional(),
    })
    .optional(),
}) satisfies z.ZodType<Observation>

/**
 * The last observation of an incident. undefined: there is none, or another version of the bot
 * stored it in another form; the next round then makes a new one.
 */
export function observationOf(row: Pick<IncidentRow, 'observation'>): Observation | undefined {
  return row.observation === null
    ? undefined
    : observation.safeParse(JSON.parse(row.observation)).data
}

/**
 * Changes the stored observation, on top of whatever changed the row in the meantime.
 * @returns the row and its observation before and after; undefined if `change` returns undefined,
 * or after three conflicts.
 */
export async function updateObservation(
  bot: Bot,
  row: IncidentRow,
  change: (observation: Observation) => Observation | undefined,
): Promise<{ readonly row: IncidentRow; readonly before: Observation } | undefined> {
  let current: IncidentRow | undefined = row
  for (let attempt = 0; attempt < 3 && current; attempt++) {
    const before = observationOf(current)
    const after = before && change(before)
    if (!before || !after) return undefined
    const changed = await bot.store.changeIncident(current.id, current.rev, {
      observation: JSON.stringify(after),
    })
    if (changed) return { row: changed, before }
    current = await bot.store.incident(row.id)
  }
  return undefined
}
