import type { Change } from '../daemonset/change.ts'
import type { Prediction } from '../daemonset/predict.ts'
import type { Count } from '../daemonset/recount.ts'
import { counted, joined, listed, type Words, words } from '../words/words.ts'
import { tableText } from './explanation-text.ts'
import { styledLines, type Terminal, wrapped } from './terminal.ts'

/** The predicted effect of a change on one DaemonSet. */
export interface Effect extends Prediction {
  readonly namespace: string
  readonly name: string
  /** false: the change has no effect on it. */
  readonly changes: boolean
}

/** A change and its predicted effects, before it is printed. */
export interface WhatIf {
  readonly change: Change
  readonly title: Words
  readonly effects: readonly Effect[]
  readonly nodes?: readonly string[]
  /** Why it changes nothing, or does not lower the count. Empty if it does. */
  readonly why: Words
  readonly unreadable: string | undefined
}

/** A summary, before → after for each DaemonSet, then the nodes and pods concerned. */
export function whatIfText(
  { change, title, effects, why }: WhatIf,
  terminal: Terminal,
): readonly string[] {
  const changed = effects.filter(({ changes }) => changes)
  const unchanged = effects.length - changed.length
  const table = {
    header: ['DaemonSet', 'Before → after'],
    rows: changed.map((one): readonly [Words, Words] => [[nameOf(one)], [countsText(one)]]),
    more: 0,
  } as const
  return [
    ...styledLines(wrapped(title, terminal), 'bold', terminal),
    '',
    ...wrapped(joined([[summary(changed)], why]), terminal),
    ...tableText(table, terminal),
    ...detailsText(changed, terminal),
    ...(changed.length > 0 && unchanged > 0
      ? ['', `Nothing changes for ${counted(unchanged, 'DaemonSet')}.`]
      : []),
    ...(evicts(change) ? ['', ...wrapped([OTHER_WORKLOADS], terminal)] : []),
  ]
}

const LATE_STATUS =
  'Since Kubernetes 1.33, status and the alert show it only after something else changes the DaemonSet or one of its pods.'

const OTHER_WORKLOADS =
  'Pods of other workloads on these nodes that do not tolerate the taint are evicted too. They are not counted here.'

function evicts(change: Change): boolean {
  return change.kind === 'taint' && change.taint.effect === 'NoExecute'
}

function summary(changed: readonly Effect[]): string {
  const difference = ({ before, after }: Effect) =>
    after.numberMisscheduled - before.numberMisscheduled
  const worse = changed.filter((one) => difference(one) > 0).length
  const better = changed.filter((one) => difference(one) < 0).length
  const lost = changed.flatMap((one) => one.lost).length
  const sentences = []
  if (worse > 0)
    sentences.push(
      `${counted(worse, 'DaemonSet')} would be misscheduled on more nodes: the pods keep running there, and nothing removes them.`,
      LATE_STATUS,
    )
  if (better > 0)
    sentences.push(`${counted(better, 'DaemonSet')} would be misscheduled on fewer nodes.`)
  if (worse + better === 0)
    sentences.push(
      changed.length > 0 ? 'Nothing would become misscheduled.' : 'Nothing would change.',
    )
  if (lost > 0) sentences.push(`${counted(lost, 'pod')} would be removed.`)
  return sentences.join(' ')
}

function countsText({ before, after }: Effect): string {
  const fields: readonly (readonly [keyof Count, string])[] = [
    ['numberMisscheduled', 'misscheduled'],
    ['desiredNumberScheduled', 'desired'],
    ['numberAvailable', 'available'],
  ]
  return fields.map(([field, title]) => `${title} ${before[field]} → ${after[field]}`).join(', ')
}

/** DaemonSets with the same details share one list: a taint often affects many alike. */
function detailsText(changed: readonly Effect[], terminal: Terminal): readonly string[] {
  const alike = Map.groupBy(changed, (one) => JSON.stringify(detailsOf(one)))
  return [...alike.values()].flatMap((same) => [
    '',
    ...wrapped(listed(same.map(nameOf), same.length), terminal),
    ...same
      .slice(0, 1)
      .flatMap(detailsOf)
      .flatMap((line) => wrapped(line, terminal, '  - ')),
  ])
}

function detailsOf({
  misscheduledBefore,
  misscheduledAfter,
  gained,
  lost,
  podsRestarted,
  rolloutBlocked,
}: Effect): readonly Words[] {
  const added = misscheduledAfter.filter((node) => !misscheduledBefore.includes(node))
  const removed = misscheduledBefore.filter((node) => !misscheduledAfter.includes(node))
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['newly misscheduled', added],
    ['no longer misscheduled', removed],
    ['nodes that get a pod', gained],
    ['pods removed and not replaced', lost],
  ]
  return [
    ...lists
      .filter(([, names]) => names.length > 0)
      .map(([title, names]) => words`${title}: ${listed(names, 8)}`),
    ...(podsRestarted > 0 ? [[`the rollout restarts ${counted(podsRestarted, 'pod')}`]] : []),
    ...(rolloutBlocked
      ? [['the rollout gets stuck: unavailable pods use up maxUnavailable or maxSurge']]
      : []),
  ]
}

function nameOf({ namespace, name }: Effect): string {
  return `${namespace}/${name}`
}
