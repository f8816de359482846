import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { apiServerByToken } from '../src/kubernetes/api-server.ts'
import { type Cluster, KubernetesError } from '../src/kubernetes/cluster.ts'
import { connect } from '../src/kubernetes/connect/connect.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

type Respond = (asked: Asked, response: ServerResponse) => void

interface Api {
  readonly cluster: Cluster
  readonly asked: Asked[]
}

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** An API server with responses by path; every other list is empty. */
async function api(answers: Readonly<Record<string, Respond>>, milliseconds = 5_000): Promise<Api> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'http://api')
    const text = Buffer.concat(chunks).toString()
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const respond = answers[url.pathname] ?? usual[url.pathname] ?? list()
    respond(one, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const options = {
    now: () => new Date('2026-11-24T10:00:00Z'),
    timeouts: { pageMs: milliseconds, callMs: milliseconds },
  }
  return { cluster: connect(apiServerByToken({ url, token: 't0ken\n' }), options), asked }
}

function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Respond {
  return (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))
}

function list(...items: readonly object[]): Respond {
  return json({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items })
}

function status(
  code: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Respond {
  return json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code },
    code,
    headers,
  )
}

const forbidden = status(
  403,
  'Forbidden',
  'nodes is forbidden: User "bot" cannot list resource "nodes" in API group "" at the cluster scope',
)

/** The version, and the 404 for a resource that only OpenShift has. */
const usual: Readonly<Record<string, Respond>> = {
  '/version': json({ gitVersion: 'v1.37.2' }),
  '/apis/config.openshift.io/v1/schedulers/cluster': (_, response) =>
    response.writeHead(404).end('404 page not found\n'),
}

/** A list in pages. The continue token is the index of the next page. */
function pages(...contents: readonly (readonly object[])[]): Respond {
  return ({ query }, response) => {
    const index = Number(query.get('continue') ?? 0)
    const next = index + 1 < contents.length ? String(index + 1) : undefined
    json({ metadata: next === undefined ? {} : { continue: next }, items: contents[index] })(
      {} as Asked,
      response,
    )
  }
}

function node(name: string): object {
  return {
    metadata: { name, annotations: { 'example.com/x': 'y' } },
    status: { images: [{ names: ['big'] }] },
  }
}

function named(
  objects: readonly { readonly metadata: { readonly name: string } }[] | undefined,
): readonly string[] | undefined {
  return objects?.map(({ metadata }) => metadata.name)
}

describe('a snapshot of a cluster', () => {
  it('contains every list, reduced, with the version of the server and the time', async () => {
    const { cluster, asked } = await api({
      '/api/v1/nodes': list(node('n1')),
      '/apis/apps/v1/daemonsets': list({
        metadata: { name: 'agent', namespace: 'datadog' },
        spec: { selector: {}, template: {} },
      }),
    })
    expect(await cluster.snapshot()).toEqual({
      takenAt: '2026-11-24T10:00:00.000Z',
      serverVersion: 'v1.37.2',
      daemonSets: [
        { metadata: { name: 'agent', namespace: 'datadog' }, spec: { selector: {}, template: {} } },
      ],
      nodes: [{ metadata: { name: 'n1' }, status: {} }],
      pods: [],
      controllerRevisions: [],
      namespaces: [],
      podDisruptionBudgets: [],
      leases: [],
      events: [],
      unreadable: [],
    })
    expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer t0ken']),
    )
  })

  it('reads lists in consistent pages to the end', async () => {
    const { cluster, asked } = await api({
      '/api/v1/nodes': pages([node('a'), node('b')], [node('c')], [node('d')]),
    })
    expect(named((await cluster.snapshot()).nodes)).toEqual(['a', 'b', 'c', 'd'])
    const queries = asked
      .filter(({ path }) => path === '/api/v1/nodes')
      .map(({ query }) => query.toString())
    expect(queries).toEqual(['limit=5000', 'limit=5000&continue=1', 'limit=5000&continue=2'])
  })

  it('reads a list again, once, if the server has forgotten its continue token', async () => {
    let forgotten = 0
    const forgetful: Respond = (asked, response) => {
      const respond =
        asked.query.get('continue') === '1' && forgotten++ < 1
          ? status(410, 'Expired', 'too old')
          : pages([node('a')], [node('b')])
      respond(asked, response)
    }
    const { cluster } = await api({ '/api/v1/nodes': forgetful })
    expect(named((await cluster.snapshot()).nodes)).toEqual(['a', 'b'])

    const always: Respond = (asked, response) =>
      (asked.query.get('continue') === '1'
        ? status(410, 'Expired', 'too old')
        : pages([node('a')], [node('b')]))(asked, response)
    const { cluster: hopeless } = await api({ '/api/v1/nodes': always })
    const { nodes, unreadable } = await hopeless.snapshot()
    expect(nodes).toEqual([])
    expect(unreadable).toEqual([{ resource: 'nodes', reason: '410 Expired: too old' }])
  })

  it('reports a forbidden list as unreadable and reads the others', async () => {
    const { cluster } = await api({
      '/api/v1/nodes': forbidden,
      '/api/v1/pods': list({ metadata: { name: 'p', namespace: 'x' } }),
    })
    const { nodes, pods, unreadable } = await cluster.snapshot()
    expect(nodes).toEqual([])
    expect(named(pods)).toEqual(['p'])
    expect(unreadable).toEqual([
      {
        resource: 'nodes',
        reason:
          '403 Forbidden: nodes is forbidden: User "bot" cannot list resource "nodes" in API group "" at the cluster scope',
      },
    ])
  })

  it('reports a list that the server does not have, and one that it is too busy for', async () => {
    const { cluster } = await api({
      '/apis/policy/v1/poddisruptionbudgets': (_, response) =>
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n'),
      '/api/v1/pods': status(429, 'TooManyRequests', 'too many requests', { 'retry-after': '7' }),
    })
    expect((await cluster.snapshot()).unreadable).toEqual([
      { resource: 'pods', reason: '429 TooManyRequests: too many requests; retry after 7 s' },
      { resource: 'poddisruptionbudgets', reason: '404: 404 page not found' },
    ])
  })

  it('times out if a response does not start or does not end', async () => {
    const { cluster } = await api(
      {
        '/api/v1/nodes': () => {},
        '/api/v1/pods': (_, response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":['),
      },
      300,
    )
    const { unreadable } = await cluster.snapshot()
    expect(unreadable.map(({ resource }) => resource).sort()).toEqual(['nodes', 'pods'])
    for (const { reason } of unreadable)
      expect(reason).toMatch(/^no complete response from http:\/\/127\.0\.0\.1:\d+ within 0\.3 s$/)
  })

  it('keeps nothing of a list that is cut off', async () => {
    const secondPage =
      (cut: Respond): Respond =>
      (asked, response) =>
        (asked.query.has('continue') ? cut : pages([node('a')], [node('b')]))(asked, response)
    const { cluster } = await api({
      '/api/v1/nodes': secondPage((_, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
          .write('{"items":[')
        setTimeout(() => response.destroy(), 20)
      }),
      '/api/v1/pods': secondPage((_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"items":[{"metadata":'),
      ),
    })
    const { nodes, pods, unreadable } = await cluster.snapshot()
    expect({ nodes, pods }).toEqual({ nodes: [], pods: [] })
    const reasons = Object.fromEntries(unreadable.map(({ resource, reason }) => [resource, reason]))
    expect(reasons.nodes).toMatch(/^no complete response from http:.*: .+/)
    expect(reasons.pods).toBe('the response is cut off after 22 characters')
  })

  it('reports a list whose response is something else', async () => {
    const { cluster } = await api({
      '/api/v1/nodes': (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      '/api/v1/pods': (_, response) =>
        response.writeHead(302, { location: 'https://login.example.com/' }).end(),
      '/api/v1/namespaces': json({ kind: 'Namespace' }),
      '/apis/apps/v1/daemonsets': list({ metadata: { name: 7 } }),
    })
    expect((await cluster.snapshot()).unreadable).toEqual([
      {
        resource: 'daemonsets',
        reason:
          'the response is not a Kubernetes list: metadata.name must be a string, not the number 7',
      },
      {
        resource: 'nodes',
        reason: "the response is text/html, not JSON. Check that this is the API server's URL",
      },
      {
        resource: 'pods',
        reason:
          "302: redirected to https://login.example.com/. Check that this is the API server's URL",
      },
      {
        resource: 'namespaces',
        reason: 'the response is not a Kubernetes list: items is missing',
      },
    ])
  })

  it("reads OpenShift's default node selector, and reports it as unreadable only on OpenShift", async () => {
    const path = '/apis/config.openshift.io/v1/schedulers/cluster'
    const { cluster } = await api({
      [path]: json({ metadata: { name: 'cluster' }, spec: { defaultNodeSelector: 'a=b' } }),
    })
    expect((await cluster.snapshot()).defaultNodeSelector).toBe('a=b')
    const { cluster: without } = await api({
      [path]: json({ metadata: { name: 'cluster' }, spec: {} }),
    })
    expect((await without.snapshot()).defaultNodeSelector).toBe('')

    const refused = status(403, 'Forbidden', 'no')
    const { cluster: elsewhere } = await api({ [path]: refused })
    expect((await elsewhere.snapshot()).unreadable).toEqual([])
    const { cluster: openShift } = await api({
      [path]: refused,
      '/api/v1/namespaces': list({ metadata: { name: 'openshift-etcd' } }),
    })
    expect((await openShift.snapshot()).unreadable).toEqual([
      { resource: 'schedulers.config.openshift.io', reason: '403 Forbidden: no' },
    ])
  })

  it('reads events of DaemonSets, Nodes and Pods without frequent warnings, and reports that there are too many', async () => {
    const endless: Respond = ({ query }, response) => {
      const page = Number(query.get('continue') ?? 0)
      const about = {
        involvedObject: { kind: 'Node' },
        metadata: { name: `e${page}`, namespace: 'default' },
      }
      const more = query.get('fieldSelector') === 'involvedObject.kind=Node'
      json({ metadata: more ? { continue: String(page + 1) } : {}, items: more ? [about] : [] })(
        {} as Asked,
        response,
      )
    }
    const { cluster, asked } = await api({ '/api/v1/events': endless })
    const { events, unreadable } = await cluster.snapshot()
    expect(named(events)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9'])
    expect(unreadable).toEqual([
      { resource: 'events', reason: 'too many; only the first 10 pages were read' },
    ])
    const selectors = new Set(
      asked
        .filter(({ path }) => path === '/api/v1/events')
        .map(({ query }) => query.get('fieldSelector')?.split(',')[0]),
    )
    expect(selectors).toEqual(
      new Set([
        'involvedObject.kind=DaemonSet',
        'involvedObject.kind=Node',
        'involvedObject.kind=Pod',
      ]),
    )
  })

  it('keeps the leases of one namespace if those of the other are forbidden', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces'
    const { cluster } = await api({
      [`${path}/kube-system/leases`]: list({
        metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
      }),
      [`${path}/kube-node-lease/leases`]: status(403, 'Forbidden', 'leases is forbidden'),
    })
    const { leases, unreadable } = await cluster.snapshot()
    expect(named(leases)).toEqual(['kube-controller-manager'])
    expect(unreadable).toEqual([
      { resource: 'leases', reason: '403 Forbidden: leases is forbidden' },
    ])
  })
})

describe('a cluster where nothing can be read', () => {
  async function failure(cluster: Cluster): Promise<KubernetesError> {
    const error = await cluster.snapshot().then(
      () => undefined,
      (caught: unknown) => caught,
    )
    if (!(error instanceof KubernetesError))
      throw new Error('nothing was thrown, or something else', { cause: error })
    return error
  }

  it('is an error that says what to check if there is no response', async () => {
    const { cluster } = await api({})
    const server = servers.pop()
    await new Promise((resolve) => server?.close(resolve))
    const error = await failure(cluster)
    expect(error.status).toBeUndefined()
    expect(error.message).toMatch(
      /nothing could be read.*GET \/apis\/apps\/v1\/daemonsets.*ECONNREFUSED.*Check the API server's URL/s,
    )
  })

  it('is an error that says what to check if access is denied', async () => {
    const everything = [
      '/api/v1/nodes',
      '/api/v1/pods',
      '/api/v1/namespaces',
      '/api/v1/events',
      '/apis/apps/v1/daemonsets',
      '/apis/apps/v1/controllerrevisions',
      '/apis/policy/v1/poddisruptionbudgets',
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
    ]
    const all = (respond: Respond): Record<string, Respond> =>
      Object.fromEntries(everything.map((path) => [path, respond]))
    const unknown = await failure(
      (await api(all(status(401, 'Unauthorized', 'Unauthorized')))).cluster,
    )
    expect([unknown.status, unknown.message]).toEqual([
      401,
      expect.stringContaining('Check the token or certificate'),
    ])
    const refused = await failure((await api(all(forbidden))).cluster)
    expect([refused.status, refused.reason, refused.message]).toEqual([
      403,
      'Forbidden',
      expect.stringContaining('ClusterRole'),
    ])
  })
})

const path = '/apis/apps/v1/namespaces/datadog/daemonsets/agent'
const whole = {
  metadata: { name: 'agent', namespace: 'datadog', uid: 'u' },
  spec: { selector: {}, template: { spec: { dnsPolicy: 'Default' } } },
}

describe('one DaemonSet', () => {
  it('is returned whole, or as undefined if it does not exist', async () => {
    expect(
      await (await api({ [path]: json(whole) })).cluster.daemonSet('datadog', 'agent'),
    ).toEqual(whole)
    const gone = await api({ [path]: status(404, 'NotFound', 'daemonsets.apps "agent" not found') })
    expect(await gone.cluster.daemonSet('datadog', 'agent')).toBeUndefined()
  })

  it('does not count as deleted if the 404 is not from the API server', async () => {
    const { cluster } = await api({
      [path]: (_, response) => response.writeHead(404).end('not here'),
    })
    await expect(cluster.daemonSet('datadog', 'agent')).rejects.toThrow(
      'GET /apis/apps/v1/namespaces/datadog/daemonsets/agent: 404: not here',
    )
  })

  it('is patched with JSON Patch, as a dry run if requested', async () => {
    const { cluster, asked } = await api({ [path]: json(whole) })
    const patch = [{ op: 'test', path: '/metadata/uid', value: 'u' }] as const
    await cluster.patchDaemonSet('datadog', 'agent', patch, { dryRun: true })
    expect(await cluster.patchDaemonSet('datadog', 'agent', patch)).toEqual({
      ...whole,
      spec: { selector: {}, template: { spec: {} } },
    })
    expect(asked.map(({ method, query }) => `${method} ${query}`)).toEqual([
      'PATCH fieldManager=daemonset-triage&dryRun=All',
      'PATCH fieldManager=daemonset-triage',
    ])
    expect(asked[0]?.headers['content-type']).toBe('application/json-patch+json')
    expect(asked[0]?.body).toEqual(patch)
  })

  it("is refused in the API server's own words", async () => {
    const { cluster } = await api({
      [path]: status(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
      ),
    })
    await expect(cluster.patchDaemonSet('datadog', 'agent', [])).rejects.toMatchObject({
      status: 422,
      reason: 'Invalid',
      message: `PATCH ${path}: 422 Invalid: the server rejected our request due to an error in our request`,
    })
  })
})

describe('a pod', () => {
  const podPath = '/api/v1/namespaces/datadog/pods/agent-1'

  it('is listed by the selector of its DaemonSet', async () => {
    const { cluster, asked } = await api({
      '/api/v1/namespaces/datadog/pods': list({ metadata: { name: 'agent-1' }, spec: {} }),
    })
    const selector = {
      matchLabels: { app: 'agent' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'arch', operator: 'NotIn', values: ['arm'] },
        { key: 'team', operator: 'Exists' },
        { key: 'canary', operator: 'DoesNotExist' },
      ],
    }
    const pods = await cluster.pods('datadog', selector)
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['agent-1'])
    expect(asked[0]?.query.get('labelSelector')).toBe(
      'app=agent,tier in (a,b),arch notin (arm),team,!canary',
    )
    expect(await cluster.pods('datadog', null)).toEqual([])
    expect(asked).toHaveLength(1)
  })

  it('is deleted only if it still has the uid', async () => {
    const { cluster, asked } = await api({ [podPath]: json({}) })
    await cluster.deletePod('datadog', 'agent-1', 'u1', { dryRun: true })
    await cluster.deletePod('datadog', 'agent-1', 'u1')
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u1' } }
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['DELETE', { ...options, dryRun: ['All'] }],
      ['DELETE', options],
    ])
  })

  it('is not deleted if another pod has its name', async () => {
    const { cluster } = await api({
      [podPath]: status(409, 'Conflict', 'the UID in the precondition (u1) does not match'),
    })
    await expect(cluster.deletePod('datadog', 'agent-1', 'u1')).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
    })
  })
})

describe('a permission', () => {
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

  it('is checked by the API server, with the API group of the resource', async () => {
    const { cluster, asked } = await api({ [reviews]: json({ status: { allowed: true } }, 201) })
    expect(await cluster.may('patch', 'daemonsets', 'datadog', 'agent')).toEqual({ allowed: true })
    expect(await cluster.may('delete', 'pods', 'datadog')).toEqual({ allowed: true })
    expect(asked.map(({ body }) => body)).toEqual([
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb: 'patch',
            group: 'apps',
            resource: 'daemonsets',
            namespace: 'datadog',
            name: 'agent',
          },
        },
      },
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: { verb: 'delete', group: '', resource: 'pods', namespace: 'datadog' },
        },
      },
    ])
  })

  it('is named if it is missing', async () => {
    const { cluster } = await api({
      [reviews]: json({ status: { allowed: false, reason: 'no RBAC policy matched' } }, 201),
    })
    expect(await cluster.may('patch', 'daemonsets', 'datadog')).toEqual({
      allowed: false,
      reason: 'no permission to patch daemonsets in namespace datadog: no RBAC policy matched',
    })
  })
})
