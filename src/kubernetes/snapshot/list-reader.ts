import { errorMessage } from '../../words/error-message.ts'
import type { ApiClient } from '../api-client.ts'
import { RequestError } from '../api-server.ts'
import type { Unreadable } from '../objects.ts'
import { LIST_NAMES, LISTS, type ListItems, type ListName } from './lists.ts'

/** Requests for parts of one list that are under way at a time. */
const AT_ONCE = 8

/** The result of one request, or why there is none. */
export interface Attempt<T> {
  readonly value?: T
  readonly error?: RequestError
}

/** Sends a request. Whatever goes wrong becomes the error of the attempt. */
export async function attempt<T>(path: string, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() }
  } catch (cause) {
    if (cause instanceof RequestError) return { error: cause }
    const problem = `unexpected response: ${errorMessage(cause)}`
    return { error: new RequestError(`GET ${path}`, problem, { cause }) }
  }
}

/** What is known of one list so far. */
interface List<T> {
  /** By namespace and name: the same object may come from several parts. */
  readonly items: Map<string, T>
  readonly failures: RequestError[]
  /** Some part of it could be read. */
  isRead: boolean
  /** Some part of it is longer than what was read. */
  isCutOff: boolean
}

/** Reads lists, in whole or in parts, and keeps what it got. */
export class ListReader {
  readonly #client: ApiClient
  readonly #lists: { [K in ListName]?: List<ListItems[K]> } = {}

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** Reads these parts of the list, by default all of it. Never throws. */
  async read<K extends ListName>(
    name: K,
    paths: readonly string[] = LISTS[name].paths,
  ): Promise<void> {
    const list = this.#list(name)
    const left = paths.values()
    const readOn = async (): Promise<void> => {
      for (const path of left) {
        const { value, error } = await attempt(path, () =>
          this.#client.list<ListItems[K]>(path, LISTS[name]),
        )
        if (error) list.failures.push(error)
        else list.isRead = true
        if (value?.complete === false) list.isCutOff = true
        for (const item of value?.items ?? [])
          list.items.set(`${item.metadata.namespace ?? ''}/${item.metadata.name}`, item)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, readOn))
  }

  /** The objects of every list that was asked for. */
  items(): { readonly [K in ListName]?: readonly ListItems[K][] } {
    const items: { -readonly [K in ListName]?: readonly ListItems[K][] } = {}
    const add = <K extends ListName>(name: K): void => {
      const byName: { [L in K]?: readonly ListItems[L][] } = items
      const list: List<ListItems[K]> | undefined = this.#lists[name]
      if (list) byName[name] = [...list.items.values()]
    }
    for (const name of LIST_NAMES) add(name)
    return items
  }

  /** The lists of which a part is missing, and why. */
  unreadable(): readonly Unreadable[] {
    return LIST_NAMES.flatMap((name) => {
      const { resource, pages } = LISTS[name]
      const { failures = [], isCutOff } = this.#lists[name] ?? {}
      const reasons = [...new Set(failures.map(({ problem }) => problem))]
      const cutOff = `too many; only the first ${pages} pages were read`
      return [
        ...(reasons.length > 0 ? [{ resource, reason: reasons.join('; ') }] : []),
        ...(isCutOff ? [{ resource, reason: cutOff }] : []),
      ]
    })
  }

  /** The first error, if nothing at all could be read. */
  failure(): RequestError | undefined {
    const lists = Object.values(this.#lists)
    return lists.some(({ isRead }) => isRead)
      ? undefined
      : lists.flatMap(({ failures }) => failures)[0]
  }

  #list<K extends ListName>(name: K): List<ListItems[K]> {
    const lists: { [L in K]?: List<ListItems[L]> } = this.#lists
    const known: List<ListItems[K]> | undefined = lists[name]
    if (known) return known
    const list: List<ListItems[K]> = {
      items: new Map(),
      failures: [],
      isRead: false,
      isCutOff: false,
    }
    lists[name] = list
    return list
  }
}
