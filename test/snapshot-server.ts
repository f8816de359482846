import { matchesLabelSelector, parseLabelSelector } from '../src/daemonset/label-selector.ts'
import type { ApiServer } from '../src/kubernetes/api-server.ts'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { LIST_NAMES, LISTS } from '../src/kubernetes/snapshot/lists.ts'

interface Item {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** An API server with the objects of a snapshot, with selectors and without pages. */
export function snapshotServer(snapshot: Snapshot): {
  readonly server: ApiServer
  /** Path and query of each request. */
  readonly asked: string[]
} {
  const asked: string[] = []
  const server: ApiServer = {
    url: 'http://cluster',
    headers: async () => ({}),
    fetch: async (address) => {
      const url = new URL(address)
      url.searchParams.delete('limit')
      asked.push(decodeURIComponent(url.pathname + url.search))
      const answer = answerTo(url, snapshot)
      return answer === undefined
        ? Response.json({ reason: 'NotFound', message: 'not found' }, { status: 404 })
        : Response.json(answer)
    },
  }
  return { server, asked }
}

function answerTo(url: URL, snapshot: Snapshot): object | undefined {
  if (url.pathname === '/version') return { gitVersion: snapshot.serverVersion }
  if (url.pathname.endsWith('/schedulers/cluster'))
    return snapshot.defaultNodeSelector === undefined
      ? undefined
      : { spec: { defaultNodeSelector: snapshot.defaultNodeSelector } }
  const [, namespace, resource] = /(?:namespaces\/([^/]+)\/)?([a-z]+)$/.exec(url.pathname) ?? []
  const name = LIST_NAMES.find((one) => LISTS[one].resource === resource)
  if (name === undefined) return undefined
  const items: readonly Item[] = snapshot[name] ?? []
  const labels = parseLabelSelector(url.searchParams.get('labelSelector') ?? '') ?? []
  const fields = (url.searchParams.get('fieldSelector') ?? '').split(',').filter(Boolean)
  return {
    metadata: {},
    items: items.filter(
      (item) =>
        (namespace === undefined || (item.metadata.namespace ?? 'default') === namespace) &&
        matchesLabelSelector({ matchExpressions: labels }, item.metadata.labels) &&
        fields.every((field) => hasField(item, field)),
    ),
  }
}

/** The type of an Event is not in a snapshot: those that it has were read. */
function hasField(item: Item, field: string): boolean {
  const [, path = '', not, value] = /^([^!=]+)(!?)=(.*)$/.exec(field) ?? []
  if (path === 'type') return true
  const found = path
    .split('.')
    .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], item)
  return (found === value) === (not === '')
}
