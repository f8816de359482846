import { readFileSync } from 'node:fs'
import type { KnownBlock } from '@slack/web-api'
import { load } from 'js-yaml'
import * as z from 'zod'
import { parseWebhook } from '../src/alertmanager/webhook.ts'
import { lastingFixes } from '../src/incident/lasting-fixes.ts'
import { announcements } from '../src/incident/message/news.ts'
import { viewOf } from '../src/incident/message/view.ts'
import { observe } from '../src/incident/observe.ts'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { readSnapshotFile } from '../src/kubernetes/snapshot/snapshot-file.ts'
import { adviceLines } from '../src/slack/advice.ts'
import type { IncidentView } from '../src/slack/incident-view.ts'
import { incidentMessage, type Message, replyMessage } from '../src/slack/message.ts'
import { showFixModal } from '../src/slack/modals.ts'
import type { AlertHint, AlertRow } from '../src/store/store.ts'
import type { Advice } from '../src/triage/advice.ts'
import { diagnoser } from '../src/triage/diagnose.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { type Explanation, explain } from '../src/triage/explain.ts'
import { group } from '../src/triage/group.ts'
import { plain } from '../src/words/words.ts'
import { everythingOffered } from './incident-world.ts'
import { blocksText, mrkdwnText } from './message-text.ts'

export const SCENARIOS = new URL('./scenarios/', import.meta.url)

/** The front matter of expected.md: written by hand, asserted separately, never regenerated. */
const Facts = z.strictObject({
  /** Ids of the public cases that it reproduces, as README.md there lists them: `C34, C35`. */
  case: z.string().optional(),
  /** What happened and what the right answer is. */
  situation: z.string(),
  /** Set if the file is not pruned to what decides the verdict. */
  'cluster.yaml': z.literal('whole, as a real cluster prints it').optional(),
  /** RFC 3339: when the cluster was read. */
  now: z.string(),
  'server version': z.string(),
  'feature gates': z.literal('TaintTolerationComparisonOperators').optional(),
  /** CLUSTER_NAME of the installation. */
  cluster: z.string().optional(),
  /** Per DaemonSet, in the order of the alerts: `T4 draining, T1 | T3`. */
  findings: z.string(),
  /** Roots, one per message: `T4 ToBeDeletedByClusterAutoscaler | ns/name`. */
  incidents: z.string(),
  /** The remedy kind that the first finding recommends, or `nothing`. */
  'recommended now': z.string(),
  'recommended for good': z.string(),
  /** Text that somebody has to see. */
  says: z.array(z.string()).default([]),
  /** Text that the message itself must have, not only its thread or a modal. */
  'message says': z.array(z.string()).default([]),
  /** Text that would be wrong or harmful here. */
  'never says': z.array(z.string()).default([]),
})
export type Facts = z.infer<typeof Facts>

export interface Scenario {
  readonly facts: Facts
  /** expected.md up to and with the closing `---` of the front matter, as it stands. */
  readonly front: string
  readonly snapshot: Snapshot
  readonly diagnoses: readonly Diagnosis[]
  readonly incidents: readonly {
    readonly root: string
    readonly explanation: Explanation
    readonly message: Message
    /** Everything a person sees of it, as Markdown. */
    readonly text: string
  }[]
}

/** Runs a folder of SCENARIOS through the pipeline of the bot, from webhook to message. */
export function readScenario(name: string): Scenario {
  const text = (file: string) => readFileSync(new URL(`${name}/${file}`, SCENARIOS), 'utf8')
  const [front = '', inner = ''] = /^---\n([\s\S]*?)\n---\n/.exec(text('expected.md')) ?? []
  const facts = Facts.parse(load(inner))
  const snapshot = readSnapshotFile(text('cluster.yaml'), {
    file: `${name}/cluster.yaml`,
    now: facts.now,
    serverVersion: facts['server version'],
    ...(facts['feature gates'] ? { featureGates: { [facts['feature gates']]: true } } : {}),
  })
  const diagnose = diagnoser(snapshot)
  const alerts = alertsOf(JSON.parse(text('webhook.json')))
  const diagnoses = alerts.map(({ namespace, daemonset, startsAt, labels }) =>
    diagnose(
      { namespace, name: daemonset },
      {
        ...(facts.cluster ? { cluster: facts.cluster } : {}),
        alert: { startsAt, ...(labels.cluster ? { cluster: labels.cluster } : {}) },
      },
    ),
  )
  const incidents = group(diagnoses).map(({ root, daemonSets }) => {
    const members = alerts.filter((alert) =>
      daemonSets.includes(`${alert.namespace}/${alert.daemonset}`),
    )
    return { root, ...incidentOf(members, diagnoses, facts.cluster ?? 'prod') }
  })
  return { facts, front, snapshot, diagnoses, incidents }
}

function alertsOf(body: unknown): readonly AlertRow[] {
  // With no cluster name, alerts of other clusters are kept.
  const webhook = parseWebhook(body, '')
  if (!webhook.ok) throw new Error(webhook.why)
  const rows = webhook.value.hints.map(alertRow)
  // As in the store, an alert is its DaemonSet; the other labels are kube-state-metrics' own.
  return [...new Map(rows.map((row) => [`${row.namespace}/${row.daemonset}`, row])).values()]
}

function alertRow(hint: AlertHint): AlertRow {
  const { cluster, alertname, namespace, daemonset, startsAt, labels } = hint
  return {
    ...{ cluster, alertname, namespace, daemonset, startsAt, labels },
    state: hint.status === 'firing' ? 'firing' : 'absent',
    firstSeen: startsAt,
    lastSeen: startsAt,
    incident: null,
    absentPolls: 0,
    closed: null,
  }
}

function incidentOf(
  alerts: readonly AlertRow[],
  diagnoses: readonly Diagnosis[],
  cluster: string,
): { readonly explanation: Explanation; readonly message: Message; readonly text: string } {
  const observation = observe(
    alerts,
    {
      readable: true,
      ending: () => undefined,
      diagnosis: (namespace, name) =>
        diagnoses.find((one) => one.namespace === namespace && one.name === name),
    },
    undefined,
  )
  const explanation = explain(observation.diagnoses)
  const view = viewOf({
    incidentId: 'inc_1',
    rev: 1,
    cluster,
    observation,
    explanation,
    actions: [],
    offered: everythingOffered(explanation, observation.diagnoses),
    links: [{ text: 'Alertmanager', url: 'https://alertmanager.example.com' }],
  })
  const message = incidentMessage(view)
  const shown = blocksText(message.blocks ?? [])
  const parts = [
    shown,
    '## Notification',
    mrkdwnText(message.text),
    '## Thread',
    ...announcements(undefined, observation).map(({ words }) =>
      blocksText(replyMessage(words, 'blocks').blocks ?? []).trim(),
    ),
    ...(view.buttons.includes('show-fix')
      ? [
          '## Show fix',
          blocksText(showFixModal(lastingFixes(observation, explanation)).blocks as KnownBlock[]),
        ]
      : []),
    ...terminalText(shown.replace(/[`*]/g, ''), view, explanation),
  ]
  return { explanation, message, text: parts.join('\n\n') }
}

/** What only `explain` prints: words, answers and commands that the message lacks. */
function terminalText(
  message: string,
  view: IncidentView,
  explanation: Explanation,
): readonly string[] {
  const { headline, why, limits } = explanation
  const shown = adviceLines(view).map(({ advice }) => advice)
  const isNew = (text: string) => !message.includes(text.replaceAll('`', ''))
  const say = (label: string, advice: readonly Advice[]) =>
    advice.flatMap((one) => {
      const commands = one.remedy.tempting ? [] : (one.remedy.commands ?? [])
      const lines = [
        ...(shown.includes(one) ? [] : [answerText(one)]),
        ...(shown.includes(one) ? commands.filter(isNew) : commands).map((text) => `$ ${text}`),
      ]
      return lines.length === 0 ? [] : [`- ${label} ▸ ${[plain(one.title), ...lines].join('\n  ')}`]
    })
  const lines = [
    ...[plain(headline), plain(why)].filter((text) => text !== '' && isNew(text)),
    ...say('Now', explanation.now),
    ...say('For good', explanation.forGood),
    ...say("Don't", explanation.notThis),
    ...limits
      .map(plain)
      .filter(isNew)
      .map((limit) => `- Limit: ${limit}`),
  ]
  return lines.length > 0 ? ['## Terminal only', lines.join('\n')] : []
}

function answerText({ remedy, simulated }: Advice): string {
  const tried = simulated && !remedy.tempting ? [`Simulated: ${simulated}`] : []
  return [plain(remedy.why), ...tried].filter((line) => line !== '').join('\n  ')
}
