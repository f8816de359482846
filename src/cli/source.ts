import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { meetsRequirements } from '../daemonset/label-selector.ts'
import { connect } from '../kubernetes/connect/client.ts'
import { kubeConfigTarget } from '../kubernetes/connect/kube-config.ts'
import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import { readSnapshotFile } from '../kubernetes/snapshot/snapshot-file.ts'
import { errorMessage } from '../words/error-message.ts'
import type { SourceOptions } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Reads the cluster or the file that the options name. What they say of time, feature gates and version goes before what was read. */
export async function readSource(options: SourceOptions): Promise<Snapshot> {
  const { snapshot: file, context, kubeconfig, now, featureGates, serverVersion } = options
  const given = {
    ...(now !== undefined && { now }),
    ...(featureGates && { featureGates }),
    ...(serverVersion !== undefined && { serverVersion }),
  }
  if (file !== undefined)
    return readSnapshotFile(await fileText(file), { file: file === '-' ? 'stdin' : file, ...given })
  const snapshot = await connect(
    await kubeConfigTarget({
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
    }),
  ).snapshot()
  const { now: takenAt = snapshot.takenAt, ...rest } = given
  return { ...snapshot, ...rest, takenAt }
}

/** The DaemonSets that the options ask about. The others stay in the snapshot, since causes look at them. */
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

export interface DaemonSetName {
  readonly namespace: string
  readonly name: string
}

/** Reads `<namespace>/<name>`, or `<name>` where --namespace is given. */
export function parseDaemonSetName(text: string, { namespace }: SourceOptions): DaemonSetName {
  const parts = text.split('/')
  const [first = '', second = ''] = parts
  if (parts.length === 1 && first !== '' && namespace !== undefined)
    return { namespace, name: first }
  if (parts.length === 2 && first !== '' && second !== '') return { namespace: first, name: second }
  throw new UsageError(
    `${text} names no DaemonSet. Write <namespace>/<name>, or <name> with --namespace`,
  )
}

async function fileText(file: string): Promise<string> {
  try {
    return (file === '-' ? await buffer(process.stdin) : await readFile(file)).toString('utf8')
  } catch (cause) {
    throw new Error(`${file} could not be read: ${errorMessage(cause)}`, { cause })
  }
}
