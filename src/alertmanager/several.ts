import { AlertmanagerError, type Api } from './api.ts'

/** What all of them answer; throws where one does not. */
export async function fromAll<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<T[]> {
  return (await Promise.all(apis.map(ask))).flat()
}

/** What those answer that can be reached; throws where none can. */
export async function fromAny<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<T[]> {
  const { answers, silent } = await fromReachable(apis, ask)
  if (silent.length > 0 && silent.length === apis.length) throw silent[0]
  return answers
}

/** What those answer that can be reached, and why the others cannot. A refusal is an answer too, and is thrown. */
export async function fromReachable<T>(
  apis: readonly Api[],
  ask: (api: Api) => Promise<readonly T[]>,
): Promise<{ readonly answers: T[]; readonly silent: readonly unknown[] }> {
  const settled = await Promise.allSettled(apis.map(ask))
  const failures = settled.flatMap((answer): unknown[] =>
    answer.status === 'rejected' ? [answer.reason] : [],
  )
  const refusal = failures.find((error) => !isSilence(error))
  if (refusal !== undefined) throw refusal
  return {
    answers: settled.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])),
    silent: failures,
  }
}

/** No answer at all, or none from Alertmanager itself. */
function isSilence(error: unknown): boolean {
  return error instanceof AlertmanagerError && (error.status === undefined || error.status >= 500)
}

/** The first of each key. */
export function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [
    ...new Map(items.map((item) => [keyOf(item), item] as const).reverse()).values(),
  ].reverse()
}

/**
 * Alertmanagers that gossip with each other, each group once, in the order of `apis`. Those that cannot be reached now are left out: a peer
 * learns what it missed when it is back.
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
