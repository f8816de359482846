import { recount } from '../../src/daemonset/recount.ts'
import { worldOf } from '../../src/daemonset/world.ts'
import type { DaemonSet } from '../../src/kubernetes/objects.ts'
import type { Control, Simulation } from './scenario.ts'

/** How many nodes are misscheduled, whatever the status says. */
export function trueCount(
  { cluster: { store, version } }: Simulation,
  daemonSet: DaemonSet,
): number {
  const world = worldOf({
    nodes: store.list('nodes'),
    pods: store.list('pods'),
    now: new Date().toISOString(),
    serverVersion: version,
  })
  return recount(daemonSet, world).count.numberMisscheduled
}

/** The DaemonSets whose status counts too few. */
export function undercounted(simulation: Simulation): readonly DaemonSet[] {
  return simulation.cluster.store
    .list('daemonsets')
    .filter((one) => trueCount(simulation, one) > (one.status?.numberMisscheduled ?? 0))
}

/** Why a taint that was added shows nowhere; undefined if every DaemonSet is counted. */
export function undercountRemark(simulation: Simulation): string | undefined {
  const [daemonSet] = undercounted(simulation)
  if (!daemonSet) return undefined
  const count = daemonSet.status?.numberMisscheduled ?? 0
  const missed =
    count === 0
      ? 'is misscheduled, and no alert fires for it: its status still says 0.'
      : `is misscheduled on ${trueCount(simulation, daemonSet)} nodes, but its status still says ${count}.`
  return (
    `${daemonSet.metadata.name} ${missed} Since Kubernetes 1.33 the controller does not count a ` +
    'NoSchedule taint under a running pod until something else changes the DaemonSet or its pods. ' +
    '"scan" finds it, and the bot exports the true count as a metric.'
  )
}

/** Makes the controller count again. */
export const touchDaemonSet: Control = {
  id: 'touch-daemonset',
  label: 'Touch the DaemonSet',
  description: 'kubectl annotate daemonset … : the controller counts again, and the alert fires.',
  isAvailable: (simulation) => undercounted(simulation).length > 0,
  run(simulation) {
    const names = undercounted(simulation).map(({ metadata: { namespace = '', name } }) => {
      simulation.cluster.store.change('daemonsets', namespace, name, (now) => ({
        ...now,
        metadata: {
          ...now.metadata,
          annotations: { ...now.metadata.annotations, 'example.com/touched': now.metadata.name },
        },
      }))
      return name
    })
    return `${names.join(', ')} has a new annotation. The controller counts again.`
  },
}
