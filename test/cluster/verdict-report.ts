import { fileURLToPath } from 'node:url'
import type { Change } from '../../src/daemonset/change.ts'
import { output } from './run.ts'
import type { ServiceAccount } from './service-account.ts'

/** With it, the API server accepts tolerations with the operators Gt and Lt. */
export const COMPARISON_GATE = 'TaintTolerationComparisonOperators=true'

export interface Prediction {
  readonly numberMisscheduled: number
  readonly desiredNumberScheduled: number
  readonly podsRestarted: number
}

export interface ReportedFinding {
  readonly id: string
  readonly heldBy: string | null
  readonly variant: string | null
  readonly remedies: readonly {
    readonly kind: string
    readonly predict: Prediction | null
    readonly change?: Change
  }[]
}

/** The parts of the JSON of `scan` and `explain` that the tests read. */
export interface Report {
  readonly daemonSets: readonly {
    readonly namespace: string
    readonly name: string
    readonly findings: readonly ReportedFinding[]
  }[]
  readonly unreadable: readonly unknown[]
}

/** The JSON of a command of the CLI, run as a process with the rights of the bot. */
export async function commandReport(
  { kubeconfigPath }: ServiceAccount,
  args: readonly string[],
): Promise<Report> {
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
  const options = ['--output', 'json', '--kubeconfig', kubeconfigPath]
  // 1: there is no such DaemonSet, and the report says why.
  const statuses = [0, 1]
  return JSON.parse(await output(process.execPath, [cli, ...args, ...options], { statuses }))
}

/** The findings about the DaemonSet `agent` of a namespace. */
export function findingsIn({ daemonSets }: Report, namespace: string): readonly ReportedFinding[] {
  return (
    daemonSets.find((one) => one.namespace === namespace && one.name === 'agent')?.findings ?? []
  )
}

/** Each finding as its id, or with the id of its hold: `P5/K1`. */
export const idsOf = (
  findings: readonly { readonly id: string; readonly heldBy: string | null }[],
): readonly string[] => findings.map(({ id, heldBy }) => (heldBy === null ? id : `${id}/${heldBy}`))
