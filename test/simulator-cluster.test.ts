import { afterEach, expect, test } from 'vitest'
import type {
  ClusterObject,
  ClusterOptions,
  SimulatedCluster,
} from '../simulator/cluster/start-cluster.ts'
import { AGENT, type Ask, agent, node, testCluster, worker } from './simulator/cluster.ts'

let cluster: SimulatedCluster
let ask: Ask
afterEach(() => cluster?.stop())

async function start(objects: readonly ClusterObject[], options?: ClusterOptions): Promise<void> {
  ;({ cluster, ask } = await testCluster(objects, options))
}

const nodes = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    node(`node-${index}`, { labels: { pool: index % 2 ? 'odd' : 'even' } }),
  )
const namesOf = (list: { items: { metadata: { name: string } }[] }) =>
  list.items.map(({ metadata }) => metadata.name)
const TOLERATIONS = '/spec/template/spec/tolerations'
const tolerate = (...tolerations: object[]) => [
  { op: 'add', path: TOLERATIONS, value: tolerations },
]

test('a request without the token gets a Status object with Unauthorized', async () => {
  await start([])
  const answer = await ask('GET', '/api/v1/nodes', undefined, { authorization: 'Bearer wrong' })
  expect(answer.status).toBe(401)
  expect(answer.body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  })
})

test('all pages of a list show the state of the first page', async () => {
  await start(nodes(5))
  const first = await ask('GET', '/api/v1/nodes?limit=2')
  expect(first.body).toMatchObject({
    kind: 'NodeList',
    apiVersion: 'v1',
    metadata: { remainingItemCount: 3 },
  })
  expect(Object.keys(first.body.items[0])).not.toContain('kind')
  cluster.store.remove('nodes', undefined, 'node-3')
  const second = await ask('GET', `/api/v1/nodes?limit=2&continue=${first.body.metadata.continue}`)
  const third = await ask('GET', `/api/v1/nodes?limit=2&continue=${second.body.metadata.continue}`)
  expect([first, second, third].map(({ body }) => namesOf(body))).toEqual([
    ['node-0', 'node-1'],
    ['node-2', 'node-3'],
    ['node-4'],
  ])
  expect(third.body.metadata.continue).toBeUndefined()
  expect(third.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
})

test('the next page of an expired list is a 410 with a token that continues with the current state', async () => {
  await start(nodes(4))
  const { body } = await ask('GET', '/api/v1/nodes?limit=2')
  cluster.expireLists()
  cluster.store.remove('nodes', undefined, 'node-3')
  const expired = await ask('GET', `/api/v1/nodes?limit=2&continue=${body.metadata.continue}`)
  expect(expired.status).toBe(410)
  expect(expired.body).toMatchObject({ kind: 'Status', reason: 'Expired', code: 410 })
  const rest = await ask('GET', `/api/v1/nodes?limit=2&continue=${expired.body.metadata.continue}`)
  expect(namesOf(rest.body)).toEqual(['node-2'])
})

test('label and field selectors filter, and an unsupported field is refused', async () => {
  await start([...nodes(3), worker('a', 'node-0'), worker('b', 'node-1')])
  expect(namesOf((await ask('GET', '/api/v1/nodes?labelSelector=pool%20in%20(odd)')).body)).toEqual(
    ['node-1'],
  )
  expect(namesOf((await ask('GET', '/api/v1/nodes?labelSelector=pool!%3Dodd')).body)).toEqual([
    'node-0',
    'node-2',
  ])
  expect(
    namesOf(
      (await ask('GET', '/api/v1/namespaces/batch/pods?fieldSelector=spec.nodeName%3Dnode-1')).body,
    ),
  ).toEqual(['b'])
  const unknown = await ask('GET', '/api/v1/pods?fieldSelector=spec.hostname%3Da')
  expect(unknown.status).toBe(400)
  expect(unknown.body.message).toContain('field label not supported: spec.hostname')
})

test('a missing object is NotFound, with its name in the details', async () => {
  await start([])
  const answer = await ask('GET', AGENT)
  expect(answer.status).toBe(404)
  expect(answer.body).toMatchObject({
    message: 'daemonsets.apps "agent" not found',
    reason: 'NotFound',
    details: { name: 'agent', group: 'apps', kind: 'daemonsets' },
  })
})

test('a patch with a failed test changes nothing and is 422 Invalid', async () => {
  await start([agent()])
  const before = (await ask('GET', AGENT)).body
  const patch = [
    { op: 'test', path: '/metadata/uid', value: 'another' },
    ...tolerate({ operator: 'Exists' }),
  ]
  const answer = await ask('PATCH', AGENT, patch)
  expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid'])
  expect((await ask('GET', AGENT)).body).toEqual(before)
})

test('a patched template raises generation and resourceVersion, and managedFields name the client that wrote the tolerations', async () => {
  await start([agent()])
  const before = (await ask('GET', AGENT)).body.metadata
  const patch = [
    { op: 'test', path: '/metadata/uid', value: before.uid },
    ...tolerate({ key: 'dedicated', operator: 'Exists' }),
  ]
  const { status, body } = await ask('PATCH', `${AGENT}?fieldManager=triage`, patch)
  expect(status).toBe(200)
  expect(body.metadata.generation).toBe(2)
  expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(Number(before.resourceVersion))
  expect(body.metadata.managedFields).toEqual([
    expect.objectContaining({
      manager: 'triage',
      operation: 'Update',
      fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { 'f:tolerations': {} } } } },
    }),
  ])
})

test('a dry run returns the patched object and stores nothing', async () => {
  await start([agent()])
  const before = (await ask('GET', AGENT)).body
  const answer = await ask(
    'PATCH',
    `${AGENT}?dryRun=All`,
    tolerate({ key: 'dedicated', operator: 'Exists' }),
  )
  expect(answer.body.metadata.generation).toBe(2)
  expect(answer.body.spec.template.spec.tolerations).toEqual([
    { key: 'dedicated', operator: 'Exists' },
  ])
  expect((await ask('GET', AGENT)).body).toEqual(before)
})

test.each([
  [
    'an empty key without Exists',
    { key: '', operator: 'Equal', value: 'a' },
    'operator must be Exists when `key` is empty',
  ],
  [
    'Exists with a value',
    { key: 'a', operator: 'Exists', value: 'b' },
    "value must be empty when `operator` is 'Exists'",
  ],
  [
    'an unknown effect',
    { key: 'a', operator: 'Exists', effect: 'NoRun' },
    'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  ['an unknown operator', { key: 'a', operator: 'In', value: 'b' }, 'Unsupported value: "In"'],
  [
    'tolerationSeconds without NoExecute',
    { key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 },
    "effect must be 'NoExecute'",
  ],
  ['an invalid key', { key: 'a b', operator: 'Exists' }, 'Invalid value: "a b"'],
])('a toleration with %s is refused as Invalid', async (_, toleration, message) => {
  await start([agent()])
  const { status, body } = await ask('PATCH', AGENT, tolerate(toleration))
  expect([status, body.reason]).toEqual([422, 'Invalid'])
  expect(body.message).toMatch(
    /^DaemonSet\.apps "agent" is invalid: spec\.template\.spec\.tolerations\[0\]/,
  )
  expect(body.message).toContain(message)
})

test('the selector is immutable, and a stale resourceVersion is a Conflict', async () => {
  await start([agent()])
  const selector = await ask('PATCH', AGENT, [
    { op: 'replace', path: '/spec/selector', value: { matchLabels: { app: 'other' } } },
  ])
  expect(selector.body.message).toContain('field is immutable')
  const stale = await ask('PATCH', AGENT, [
    { op: 'replace', path: '/metadata/resourceVersion', value: '1' },
  ])
  expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict'])
})

test('other patch types are refused with 415', async () => {
  await start([agent()])
  const answer = await ask('PATCH', AGENT, {}, { 'content-type': 'application/merge-patch+json' })
  expect([answer.status, answer.body.reason]).toEqual([415, 'UnsupportedMediaType'])
})

test('a pod is deleted only if its uid matches the precondition', async () => {
  await start([node('a'), worker('w', 'a')])
  const path = '/api/v1/namespaces/batch/pods/w'
  const { uid } = (await ask('GET', path)).body.metadata
  const wrong = await ask('DELETE', path, { preconditions: { uid: 'another' } })
  expect([wrong.status, wrong.body.reason]).toEqual([409, 'Conflict'])
  await ask('DELETE', path, { preconditions: { uid }, dryRun: ['All'] })
  expect((await ask('GET', path)).body.metadata.deletionTimestamp).toBeUndefined()
  expect(
    (await ask('DELETE', path, { preconditions: { uid } })).body.metadata
      .deletionGracePeriodSeconds,
  ).toBe(600)
})

test('a missing permission is a Forbidden that names user, verb, resource and namespace, and access reviews report it', async () => {
  await start([agent()], {
    user: 'system:serviceaccount:monitoring:bot',
    permissions: [{ verbs: ['get'], resources: ['daemonsets'], namespaces: ['datadog'] }],
  })
  const patch = await ask('PATCH', AGENT, [])
  expect(patch.status).toBe(403)
  expect(patch.body.message).toBe(
    'daemonsets.apps "agent" is forbidden: User "system:serviceaccount:monitoring:bot" cannot patch resource "daemonsets" in API group "apps" in the namespace "datadog"',
  )
  expect((await ask('GET', '/api/v1/nodes')).body.message).toContain(
    'cannot list resource "nodes" in API group "" at the cluster scope',
  )
  const may = async (verb: string) => {
    const spec = {
      resourceAttributes: { verb, resource: 'daemonsets', group: 'apps', namespace: 'datadog' },
    }
    return (await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec }))
      .body.status.allowed
  }
  expect([await may('get'), await may('patch')]).toEqual([true, false])
})

test('a SubjectAccessReview answers for another user', async () => {
  await start([], { users: { maya: [{ verbs: ['patch'], resources: ['daemonsets'] }] } })
  const may = async (user: string) => {
    const spec = {
      user,
      resourceAttributes: { verb: 'patch', resource: 'daemonsets', namespace: 'datadog' },
    }
    return (await ask('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).body
      .status.allowed
  }
  expect([await may('maya'), await may('sam')]).toEqual([true, false])
})

test('faults: 429 with Retry-After, a truncated body, a forbidden list, a webhook that does not support dry run', async () => {
  await start([agent(), ...nodes(3)])
  cluster.faults.add({
    kind: 'status',
    code: 429,
    retryAfterSeconds: 1,
    resource: 'nodes',
    times: 1,
  })
  const busy = await ask('GET', '/api/v1/nodes')
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1'])
  cluster.faults.add({ kind: 'cut', times: 1 })
  await expect(ask('GET', '/api/v1/nodes')).rejects.toThrow()
  const allow = cluster.faults.add({ kind: 'forbidden', verb: 'list', resource: 'nodes' })
  expect((await ask('GET', '/api/v1/nodes')).status).toBe(403)
  allow()
  expect((await ask('GET', '/api/v1/nodes')).status).toBe(200)
  cluster.faults.add({ kind: 'no-dry-run', webhook: 'policy.example.com' })
  const dry = await ask('PATCH', `${AGENT}?dryRun=All`, [])
  expect([dry.status, dry.body.message]).toEqual([
    400,
    'admission webhook "policy.example.com" does not support dry run',
  ])
})

test('a hanging request ends when the client gives up', async () => {
  await start(nodes(1))
  cluster.faults.add({ kind: 'hang', times: 1 })
  const headers = { authorization: `Bearer ${cluster.token}` }
  await expect(
    fetch(`${cluster.url}/api/v1/nodes`, { headers, signal: AbortSignal.timeout(100) }),
  ).rejects.toThrow(/timeout/i)
})

test('an API server that is down refuses connections, and comes back on the same port', async () => {
  await start(nodes(1))
  await cluster.down()
  await expect(ask('GET', '/api/v1/nodes')).rejects.toThrow()
  await cluster.up()
  expect((await ask('GET', '/version')).body.gitVersion).toBe('v1.35.2')
})
