import { AlertmanagerError, type Api } from './api.ts'

/** The answers of every Alertmanager, concatenated. Throws if one fails. */
export async function fromAll<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<T[]> {
  return (await Promise.all(apis.map(ask))).flat()
}

/** The answers of those that are reachable. Throws if none is. */
export async function fromAny<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<T[]> {
  const { answers, unreachable } = await fromReachable(apis, ask)
  if (unreachable.length > 0 && unreachable.length === apis.length) throw unreachable[0]
  return answers
}

/**
 * The answers of those that are reachable, and the errors of the others. Throws if one answers
 * with 4xx, or with something that is not Alertmanager's.
 */
export async function fromReachable<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<{ readonly answers: T[]; readonly unreachable: readonly unknown[] }> {
  const settled = await Promise.allSettled(apis.map(ask))
  const errors = settled.flatMap((answer): unknown[] =>
    answer.status === 'rejected' ? [answer.reason] : [],
  )
  const refused = errors.find((error) => !isUnreachable(error))
  if (refused !== undefined) throw refused
  return {
    answers: settled.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
    unreachable: errors,
  }
}

/** No answer, or 5xx, which may come from a proxy. */
function isUnreachable(error: unknown): boolean {
  return error instanceof AlertmanagerError && (error.status === undefined || error.status >= 500)
}

/** The first item of each key, in order. */
export function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [
    ...new Map(items.map((item) => [keyOf(item), item] as const).reverse()).values(),
  ].reverse()
}

/**
 * Alertmanagers by cluster: those that gossip with each other share silences. Unreachable ones are
 * left out, because a peer gets what it missed when it is back.
 */
export async function groupsOfPeers(apis: readonly Api[]): Promise<Api[][]> {
  if (apis.length < 2) return apis.map((api) => [api])
  const members = await fromAny(apis, async (api) => [{ api, ...(await api.status()) }])
  const groups: { readonly apis: Api[]; readonly names: ReadonlySet<string> }[] = []
  for (const { api, name, peers } of members) {
    const known = groups.find((group) => name !== undefined && group.names.has(name))
    if (known) known.apis.push(api)
    else groups.push({ apis: [api], names: new Set(peers) })
  }
  return groups.map((group) => group.apis)
}
