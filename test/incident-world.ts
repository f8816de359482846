import type { AlertmanagerClient } from '../src/alertmanager/client.ts'
import { type Bot, newMemory } from '../src/bot.ts'
import type { Config } from '../src/config/config.ts'
import type { NodeVerdict } from '../src/daemonset/recount.ts'
import { type Offered, offeredChanges } from '../src/incident/offered.ts'
import type { Observation } from '../src/incident/state.ts'
import type { Cluster } from '../src/kubernetes/cluster.ts'
import type { DaemonSetStatus } from '../src/kubernetes/objects.ts'
import type { Owner } from '../src/ownership/ownership.ts'
import type { SlackClient } from '../src/slack/client.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { IncidentRow } from '../src/store/store.ts'
import { noMetrics } from '../src/telemetry/metrics.ts'
import { causeById } from '../src/triage/causes/index.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import type { Explanation } from '../src/triage/explain.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import type { Remedy } from '../src/triage/remedies/remedy.ts'
import { plain, type Words, words } from '../src/words/words.ts'

const nobody: Owner = { kind: 'none', chain: [], onPatch: 'none', revert: '', fix: '' }
export const flux: Owner = {
  kind: 'Flux',
  chain: [],
  onPatch: 'reverts',
  revert: 'Flux reverts it.',
  fix: 'in Git',
}

export function remedy(kind: Remedy['kind'], more: Partial<Remedy> = {}): Remedy {
  return {
    kind,
    horizon: 'now',
    recommended: false,
    tempting: false,
    title: [kind],
    why: [],
    predict: null,
    ...more,
  }
}

export function finding(id: Finding['id'], more: Partial<Finding> = {}): Finding {
  return {
    id,
    about: causeById(id)?.about ?? 'pods',
    heldBy: null,
    cause: id,
    variant: null,
    key: null,
    nodes: [],
    pods: [],
    summary: words`summary of ${id}`,
    ifIgnored: [],
    why: [],
    perNode: [],
    evidence: [],
    remedies: [],
    limits: [],
    root: id,
    ...more,
  }
}

interface DiagnosisDraft {
  readonly name?: string
  /** Misscheduled ones. */
  readonly nodes?: readonly string[]
  readonly findings?: readonly Finding[]
  readonly status?: DaemonSetStatus | null
  readonly owner?: Owner
}

/** Of `datadog/<name>`; the status agrees with the nodes unless another is given. */
export function diagnosis({
  name = 'agent',
  nodes = [],
  findings = [],
  status,
  owner = nobody,
}: DiagnosisDraft = {}): Diagnosis {
  const verdict = (node: string): NodeVerdict => ({
    name: node,
    shouldRun: false,
    shouldContinueRunning: true,
    misscheduled: true,
    pods: [`${name}-${node}`],
    reasons: [],
  })
  const count = nodes.length
  return {
    namespace: 'datadog',
    name,
    at: '2026-11-24T03:00:00Z',
    exists: true,
    uid: `uid-${name}`,
    status: status === undefined ? { numberMisscheduled: count } : status,
    recount: {
      desiredNumberScheduled: 10 - count,
      currentNumberScheduled: 10 - count,
      numberMisscheduled: count,
      numberReady: 10 - count,
      numberAvailable: 10 - count,
      numberUnavailable: 0,
    },
    nodes: nodes.map(verdict),
    controllerDeletes: [],
    findings,
    owner,
    limits: [],
  }
}

export function observationAs(
  state: Observation['state'],
  diagnoses: readonly Diagnosis[],
  more: Partial<Observation> = {},
): Observation {
  return {
    state,
    since: '2026-11-24T03:00:00.000Z',
    alerts: diagnoses.map(({ namespace, name }) => ({
      namespace,
      name,
      firing: state === 'open',
      labels: { alertname: 'KubeDaemonSetMisScheduled', namespace, daemonset: name },
    })),
    diagnoses,
    ...more,
  }
}

/** Everything is configured and allowed: every button that the explanation advises is there. */
export function everythingOffered(
  explanation: Explanation,
  diagnoses: readonly Diagnosis[],
): Offered {
  const review = { allowed: true }
  return {
    actions: ['silence', 'patch', 'delete', 'recount'],
    nobodyMayPress: false,
    canSilence: true,
    changes: offeredChanges(explanation, diagnoses).map((change) => ({ ...change, review })),
  }
}

/** Nodes `n1` to `n<count>`. */
export function nodesTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`)
}

export interface RecordedPost {
  readonly text: string
  readonly broadcast: boolean
}

export interface QuietWorld {
  readonly bot: Bot
  /** What was posted in the thread, oldest first. */
  readonly posts: RecordedPost[]
  /** Moves the clock on. Minutes. */
  readonly pass: (minutes: number) => void
  /** An incident with a message, last observed like this. */
  readonly incident: (observation: Observation) => Promise<IncidentRow>
  /** The row as it is now. */
  readonly row: () => Promise<IncidentRow>
}

const unused = (): never => {
  throw new Error('this is not called here')
}

const config: Config = {
  host: '',
  port: 0,
  clusterName: 'prod',
  alertmanager: { urls: ['http://alertmanager'] },
  webhookToken: 'x',
  slack: {
    botToken: 'x',
    channel: 'C1',
    routes: [{ match: { namespace: 'datadog' }, channel: 'C1', mention: 'S0123' }],
    apiUrl: '',
  },
  actions: ['silence'],
  allowedUsers: ['U1'],
  allowedUsergroups: [],
  databaseUrl: '',
  reconcileInterval: 60,
  retentionDays: 90,
  logLevel: 'info',
}

/** A bot with a stopped clock, a thread that only records, and no other peers than those given. */
export async function quietWorld(
  given: {
    readonly alertmanager?: Partial<AlertmanagerClient>
    readonly cluster?: Partial<Cluster>
    readonly config?: Partial<Config>
    readonly metrics?: Bot['metrics']
    readonly slack?: Partial<SlackClient>
    /** false: Slack refuses replies. */
    readonly slackAccepts?: () => boolean
  } = {},
): Promise<QuietWorld> {
  const store = sqliteStore('sqlite::memory:')
  await store.migrate()
  let now = Date.parse('2026-11-24T03:00:00Z')
  const posts: RecordedPost[] = []
  const silent = (): void => {}
  const bot: Bot = {
    config: { ...config, ...given.config },
    store,
    cluster: {
      snapshot: unused,
      daemonSet: unused,
      pods: unused,
      patchDaemonSet: unused,
      deletePod: unused,
      may: unused,
      ...given.cluster,
    },
    alertmanager: {
      poll: unused,
      matching: unused,
      activeSilences: unused,
      createSilence: unused,
      extendSilence: unused,
      expireSilence: unused,
      silenceUrl: unused,
      alertsUrl: unused,
      newSilenceUrl: unused,
      versions: unused,
      ...given.alertmanager,
    },
    slack: {
      publish: unused,
      reply: async (_thread, text: Words, options) => {
        if (given.slackAccepts?.() === false)
          return { ok: false, kind: 'retry', error: 'ratelimited', detail: '' }
        posts.push({ text: plain(text), broadcast: options?.broadcast === true })
        return { ok: true, ts: '2.0' }
      },
      findMessage: unused,
      respond: unused,
      postEphemeral: unused,
      openModal: unused,
      updateModal: unused,
      permalink: unused,
      usergroupMembers: unused,
      ...given.slack,
    },
    metrics: given.metrics ?? noMetrics,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    now: () => new Date(now),
    wake: silent,
    round: async () => {},
    memory: newMemory(),
  }
  return {
    bot,
    posts,
    pass: (minutes) => {
      now += minutes * 60_000
    },
    incident: (observation) =>
      store.openIncident({
        id: 'inc_1',
        cluster: 'prod',
        channel: 'C1',
        root: 'T4',
        ts: '1.0',
        posting: null,
        rev: 1,
        hash: 'h',
        observation: JSON.stringify(observation),
        opened: '2026-11-24T03:00:00.000Z',
        closed: null,
      }),
    row: async () => {
      const row = await store.incident('inc_1')
      if (!row) throw new Error('no such incident')
      return row
    },
  }
}
