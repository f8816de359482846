import { writeFile } from 'node:fs/promises'
import type { Snapshot } from '../kubernetes/objects.ts'
import { writeSnapshot } from '../kubernetes/snapshot/snapshot-file.ts'
import { errorMessage } from '../words/error-message.ts'

/** Saves what a bug report needs, into a file or to stdout. Returns a line on what was saved. */
export async function saveSnapshot(snapshot: Snapshot, file: string | undefined): Promise<string> {
  const text = writeSnapshot(snapshot)
  if (file === undefined || file === '-') process.stdout.write(text)
  else await write(file, text)
  const { daemonSets, nodes, pods, unreadable } = snapshot
  const missing =
    unreadable.length > 0
      ? ` Not read: ${unreadable.map(({ resource, reason }) => `${resource} (${reason})`).join(', ')}.`
      : ''
  return `Saved ${daemonSets.length} DaemonSets, ${nodes.length} nodes and ${pods.length} pods.${missing}`
}

// It holds names and addresses of a cluster, so nobody else on the machine may read it.
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 })
  } catch (cause) {
    throw new Error(`${file} could not be written: ${errorMessage(cause)}`, { cause })
  }
}
