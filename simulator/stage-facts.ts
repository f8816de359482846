import type { DaemonSet, Node } from '../src/kubernetes/objects.ts'
import { isNodeReady } from './cluster/node-conditions.ts'
import { podsOn } from './cluster/node-lifecycle.ts'
import type { Fact, Facts } from './page/page-state.ts'
import type { Stage } from './scenarios/scenario.ts'

/** What is true of the cluster and of Alertmanager now, for comparison with what the message says. */
export function stageFacts(stage: Stage): readonly Facts[] {
  const { store } = stage.cluster
  return [
    { heading: 'DaemonSets', rows: store.list('daemonsets').map(daemonSetFact) },
    { heading: 'Alertmanager', rows: alertFacts(stage) },
    { heading: 'Nodes', rows: store.list('nodes').map((node) => nodeFact(stage, node)) },
  ]
}

function daemonSetFact({ metadata: { namespace, name }, status }: DaemonSet): Fact {
  const {
    numberMisscheduled = 0,
    desiredNumberScheduled = 0,
    numberReady = 0,
    updatedNumberScheduled = 0,
  } = status ?? {}
  const rollout =
    updatedNumberScheduled < desiredNumberScheduled ? `, ${updatedNumberScheduled} updated` : ''
  const value = `${numberMisscheduled} misscheduled · ${numberReady} of ${desiredNumberScheduled} ready${rollout}`
  return { name: `${namespace}/${name}`, value, tone: numberMisscheduled > 0 ? 'bad' : 'good' }
}

function alertFacts({ alertmanager }: Stage): readonly Fact[] {
  const alerts = alertmanager.alerts().map(({ labels }): Fact => {
    const silenced = alertmanager.silences.silencing(labels).length > 0
    return {
      name: `${labels.namespace}/${labels.daemonset}`,
      value: silenced ? 'silenced' : 'firing',
      tone: silenced ? 'quiet' : 'bad',
    }
  })
  return alerts.length > 0 ? alerts : [{ name: 'no alert', value: '', tone: 'quiet' }]
}

function nodeFact({ cluster: { store } }: Stage, node: Node): Fact {
  const { name } = node.metadata
  const ready = isNodeReady(node)
  const taints = (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)
  const stopping = podsOn(store, name).filter(({ metadata }) => metadata.deletionTimestamp).length
  const parts = [
    ready ? 'Ready' : 'NotReady',
    ...taints,
    ...(stopping > 0 ? [`${stopping} stopping`] : []),
  ]
  return {
    name,
    value: parts.join(' · '),
    tone: !ready ? 'bad' : taints.length > 0 ? 'quiet' : 'good',
  }
}
