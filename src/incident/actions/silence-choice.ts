import { createHash } from 'node:crypto'
import type { EqualityMatchers } from '../../alertmanager/client.ts'
import type { Submission } from '../../slack/interactions.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { words } from '../../words/words.ts'
import type { SecondSilence } from '../message/related-alerts.ts'

/** The fixed durations on offer, in hours. */
const durationHours: Readonly<Record<string, number>> = { '1h': 1, '4h': 4, '24h': 24 }

/** What a submitted silence dialog asks for. */
export interface SilenceChoice {
  readonly followsNodes: boolean
  /** 0 if it follows nodes. */
  readonly hours: number
  /** KubeDaemonSetRolloutStuck was ticked. */
  readonly withSecond: boolean
}

/** The choice in a submission; refused if no duration was chosen. */
export function choiceOf({ values }: Submission): Result<SilenceChoice> {
  const withSecond = values.second === 'yes'
  if (values.duration === 'nodes') return success({ followsNodes: true, hours: 0, withSecond })
  const hours = durationHours[values.duration ?? '']
  return hours === undefined
    ? refusal(words`Choose how long.`)
    : success({ followsNodes: false, hours, withSecond })
}

/** Hashes of what the modal shows, one for each part, since not every choice depends on every part. */
export function fingerprint(shown: {
  readonly matchers: readonly EqualityMatchers[]
  readonly nodes: readonly string[]
  readonly second: SecondSilence | undefined
}): string {
  return [shown.matchers, shown.nodes, shown.second?.matchers]
    .map((part) => (part === undefined ? '' : hashOf(part)))
    .join('.')
}

function hashOf(part: unknown): string {
  return createHash('sha256').update(JSON.stringify(part)).digest('base64url').slice(0, 22)
}

/** Whether what the dialog showed differs from what is true now, where the choice depends on it. */
export function hasChanged(
  shown: string | undefined,
  current: string,
  { followsNodes, withSecond }: SilenceChoice,
): boolean {
  const [matchers, nodes, second] = (shown ?? '').split('.')
  const [matchersNow, nodesNow, secondNow] = current.split('.')
  return (
    matchers !== matchersNow ||
    (followsNodes && nodes !== nodesNow) ||
    (withSecond && (secondNow === '' || second !== secondNow))
  )
}
