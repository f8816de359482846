import type { Snapshot } from '../kubernetes/objects.ts'
import type { Terminal } from './terminal.ts'

/** What a command found out, not printed yet. */
export interface CommandResult {
  readonly text: (terminal: Terminal) => readonly string[]
  readonly json: unknown
  /** Whether a DaemonSet that was asked about is misscheduled, or would be. */
  readonly misscheduled: boolean
  /** Why "nothing is misscheduled" cannot be said; undefined: it can. */
  readonly blind: string | undefined
}

/** What keeps one from seeing whether anything is misscheduled. Throws where not even the DaemonSets were read, since nothing can be answered then. */
export function blindness({ unreadable }: Snapshot): string | undefined {
  const reasonOf = (resource: string) =>
    unreadable.find((one) => one.resource.toLowerCase() === resource)?.reason
  const daemonSets = reasonOf('daemonsets')
  if (daemonSets !== undefined) throw new Error(`DaemonSets could not be read: ${daemonSets}`)
  const missing = ['nodes', 'pods'].flatMap((resource) => {
    const reason = reasonOf(resource)
    return reason === undefined ? [] : [`${resource} could not be read: ${reason}`]
  })
  return missing.length > 0 ? missing.join('; ') : undefined
}
