import { readFile, writeFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { meetsRequirements } from '../daemonset/label-selector.ts'
import type { FindOptions } from '../kubernetes/connect/find-api-server.ts'
import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import type { Question } from '../kubernetes/question.ts'
import { readSnapshotFile, writeSnapshot } from '../kubernetes/snapshot/snapshot-file.ts'
import { errorMessage } from '../words/error-message.ts'
import { counted } from '../words/words.ts'
import type { SourceOptions } from './arguments.ts'

/**
 * Reads the file that the options name, or what the question needs of the cluster. Time, feature
 * gates and version of the options override those that were read.
 */
export async function readSource(options: SourceOptions, question: Question): Promise<Snapshot> {
  const { snapshot: file, context, kubeconfig, now, featureGates, serverVersion } = options
  const given = {
    ...(now !== undefined && { now }),
    ...(featureGates && { featureGates }),
    ...(serverVersion !== undefined && { serverVersion }),
  }
  if (file !== undefined)
    return readSnapshotFile(await fileText(file), { file: file === '-' ? 'stdin' : file, ...given })
  const found = {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  }
  const snapshot = await readCluster(found, question)
  const { now: takenAt = snapshot.takenAt, ...rest } = given
  return { ...snapshot, ...rest, takenAt }
}

async function readCluster(options: FindOptions, question: Question): Promise<Snapshot> {
  // A file needs no HTTP client, which is most of what there is to load.
  const { connect } = await import('../kubernetes/connect/connect.ts')
  const { findApiServer } = await import('../kubernetes/connect/find-api-server.ts')
  return connect(await findApiServer(options)).snapshot(question)
}

/** The DaemonSets that the options select. The snapshot keeps the others: causes depend on them. */
export function chosenDaemonSets(
  { daemonSets }: Snapshot,
  { namespace, selector = [] }: SourceOptions,
): readonly DaemonSet[] {
  return daemonSets.filter(
    ({ metadata }) =>
      (namespace === undefined || (metadata.namespace ?? 'default') === namespace) &&
      meetsRequirements(selector, metadata.labels),
  )
}

/**
 * Writes the snapshot to a file, or to stdout for `-` and undefined. Returns a line that says what
 * was saved.
 */
export async function saveSnapshot(
  snapshot: Snapshot,
  file: string | undefined,
  source: Pick<SourceOptions, 'snapshot'>,
): Promise<string> {
  const text = writeSnapshot(snapshot)
  if (file === undefined || file === '-') process.stdout.write(text)
  else await writeForOwner(file, text)
  const { daemonSets, nodes, pods, unreadable } = snapshot
  const missing =
    unreadable.length > 0
      ? ` Not read: ${unreadable.map(({ resource, reason }) => `${resource} (${reason})`).join(', ')}.`
      : ''
  const saved = `${counted(daemonSets.length, 'DaemonSet')}, ${counted(nodes.length, 'node')} and ${counted(pods.length, 'pod')}`
  return `Saved ${saved}.${source.snapshot === undefined ? LEFT_OUT : ''}${missing}`
}

/** What no diagnosis of the cluster rests on. */
const LEFT_OUT =
  ' Left out: pods that no DaemonSet selects, except on nodes with a misscheduled pod.'

async function fileText(file: string): Promise<string> {
  try {
    return (file === '-' ? await buffer(process.stdin) : await readFile(file)).toString('utf8')
  } catch (cause) {
    throw new Error(`${file} could not be read: ${whyUnreadable(file, cause)}`, { cause })
  }
}

/** Why a snapshot file cannot be read, and what to do. */
function whyUnreadable(file: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT')
    return `there is no such file. Save one with daemonset-triage snapshot -o ${file}, or leave out --snapshot to read the cluster.`
  if (code === 'EISDIR') return 'it is a directory. Name a file in it.'
  if (code === 'EACCES') return 'you may not read it. Only the user who saved it may.'
  return errorMessage(cause)
}

/** Other users of the machine cannot read the file: it has names and addresses of a cluster. */
async function writeForOwner(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 })
  } catch (cause) {
    throw new Error(`${file} could not be written: ${errorMessage(cause)}`, { cause })
  }
}
