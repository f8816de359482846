import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { connect } from '../src/kubernetes/connect/connect.ts'
import type { Node, Pod, Snapshot } from '../src/kubernetes/objects.ts'
import type { Question } from '../src/kubernetes/question.ts'
import { diagnose, diagnoseAll } from '../src/triage/diagnose.ts'
import { ABOUT_ALL, questionAbout, withoutReasons } from '../src/triage/question.ts'
import { readScenario, SCENARIOS } from './scenario.ts'
import { snapshotServer } from './snapshot-server.ts'

async function reading(snapshot: Snapshot, question?: Question) {
  const { server, asked } = snapshotServer(snapshot)
  const now = () => new Date(snapshot.takenAt)
  const read = await connect(server, { now }).snapshot(question)
  const { featureGates } = snapshot
  return { snapshot: { ...read, ...(featureGates && { featureGates }) }, asked }
}

const GPU = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }

function node(name: string): Node {
  return { metadata: { name } }
}

function pod(name: string, nodeName: string, app: string, namespace = 'logging'): Pod {
  const controller = { kind: 'DaemonSet', name: app, uid: app, controller: true }
  return {
    metadata: { name, namespace, labels: { app }, ownerReferences: [controller] },
    spec: { nodeName },
  }
}

/** With the labels of the template, which the controller gives them and a scenario may leave out. */
function labelledRevisions({ controllerRevisions, daemonSets }: Snapshot) {
  return controllerRevisions?.map((revision) => {
    const owner = revision.metadata.ownerReferences?.[0]
    const made = daemonSets.find(({ metadata }) => metadata.uid === owner?.uid)
    const labels = { ...made?.spec.selector?.matchLabels, ...revision.metadata.labels }
    return { ...revision, metadata: { ...revision.metadata, labels } }
  })
}

describe('a reading in two stages finds what a full reading finds', () => {
  const folders = readdirSync(SCENARIOS, { withFileTypes: true }).filter((one) => one.isDirectory())
  test.each(folders.map(({ name }) => name))('%s', async (name) => {
    const { snapshot: trimmed, diagnoses } = readScenario(name)
    const snapshot = { ...trimmed, controllerRevisions: labelledRevisions(trimmed) }
    const full = (await reading(snapshot)).snapshot
    const all = (await reading(snapshot, ABOUT_ALL)).snapshot
    expect(all.unreadable).toEqual([])
    expect(diagnoseAll(all)).toEqual(diagnoseAll(full))
    for (const { namespace, name } of diagnoses) {
      const subject = { namespace, name }
      const one = (await reading(snapshot, questionAbout([subject]))).snapshot
      expect(diagnose(one, subject)).toEqual(diagnose(full, subject))
    }
  })
})

const agents: Snapshot = {
  takenAt: '2026-11-24T10:00:00Z',
  nodes: ['right', 'wrong', 'other'].map((name) =>
    name === 'wrong' ? { ...node(name), spec: { taints: [GPU] } } : node(name),
  ),
  daemonSets: ['agent', 'proxy'].map((name) => ({
    metadata: { name, namespace: 'logging', uid: name },
    spec: { selector: { matchLabels: { app: name } }, template: {} },
    status: name === 'agent' ? { numberMisscheduled: 1 } : {},
  })),
  pods: [
    pod('agent-r', 'right', 'agent'),
    pod('agent-w', 'wrong', 'agent'),
    pod('proxy-r', 'right', 'proxy'),
    pod('web-w', 'wrong', 'web', 'shop'),
    pod('web-o', 'other', 'web', 'shop'),
  ],
  unreadable: [],
}

test('it asks for the pods of a DaemonSet, and for everything on the nodes that are wrong', async () => {
  const { snapshot, asked } = await reading(
    agents,
    questionAbout([{ namespace: 'logging', name: 'agent' }]),
  )
  expect(snapshot.pods.map(({ metadata }) => metadata.name)).toEqual([
    'agent-r',
    'agent-w',
    'web-w',
  ])
  expect(asked.filter((path) => path.includes('/pods'))).toEqual([
    '/api/v1/namespaces/logging/pods?labelSelector=app=agent',
    '/api/v1/pods?labelSelector=app.kubernetes.io/name=descheduler',
    '/api/v1/pods?labelSelector=app=descheduler',
    '/api/v1/pods?labelSelector=koord-app=koord-descheduler',
    '/api/v1/namespaces/kube-system/pods?labelSelector=!pod-template-generation',
    '/api/v1/pods?fieldSelector=spec.nodeName=wrong',
  ])
  expect(asked).toContain('/apis/policy/v1/namespaces/shop/poddisruptionbudgets')
  expect(asked).toContain(
    '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?fieldSelector=metadata.name=wrong',
  )
  expect(
    asked.filter((path) => path.includes('/events')).map((path) => path.split('?')[0]),
  ).toEqual([
    '/api/v1/namespaces/default/events',
    '/api/v1/namespaces/logging/events',
    '/api/v1/namespaces/logging/events',
    '/api/v1/namespaces/logging/events',
  ])
})

test('predictions ask for no reasons, and a healthy DaemonSet for no node', async () => {
  const about = (name: string) => questionAbout([{ namespace: 'logging', name }])
  const predicted = await reading(agents, withoutReasons(about('agent')))
  expect(predicted.snapshot.pods).toHaveLength(2)
  expect(predicted.asked.join()).not.toContain('/events')
  const healthy = await reading(agents, about('proxy'))
  expect(healthy.asked.join()).not.toContain('spec.nodeName')
})

test('a DaemonSet that does not exist has left pods and Events in its namespace', async () => {
  const left = { ...agents, daemonSets: [] }
  const { snapshot } = await reading(left, questionAbout([{ namespace: 'logging', name: 'agent' }]))
  expect(snapshot.pods).toHaveLength(3)
})

test('pods of an adopted kind count: a selector finds them without the label of the controller', async () => {
  const { snapshot } = await reading(agents, ABOUT_ALL)
  expect(snapshot.pods.map(({ metadata }) => metadata.name).sort()).toEqual([
    'agent-r',
    'agent-w',
    'proxy-r',
    'web-w',
  ])
})

test('what fails in the second stage is named', async () => {
  const { server } = snapshotServer(agents)
  const failing = {
    ...server,
    fetch: async (...[url, call]: Parameters<typeof server.fetch>) =>
      url.includes('fieldSelector=spec.nodeName') || url.includes('poddisruptionbudgets')
        ? Response.json({ reason: 'Forbidden', message: 'no' }, { status: 403 })
        : server.fetch(url, call),
  }
  const { unreadable } = await connect(failing).snapshot(ABOUT_ALL)
  expect(unreadable).toEqual(
    ['pods', 'poddisruptionbudgets'].map((resource) => ({ resource, reason: '403 Forbidden: no' })),
  )
})

test('a stop ends a reading at once', async () => {
  const { server } = snapshotServer(agents)
  const stop = new AbortController()
  const hanging = {
    ...server,
    fetch: async (...[url, call]: Parameters<typeof server.fetch>) => {
      if (!url.includes('/nodes')) return server.fetch(url, call)
      return new Promise<never>((_, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason))
        stop.abort()
      })
    },
  }
  await expect(connect(hanging).snapshot(ABOUT_ALL, stop.signal)).rejects.toThrow(/abort/i)
})
