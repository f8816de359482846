import { randomUUID } from 'node:crypto'
import { badRequest, StatusError } from './status-error.ts'

interface Item {
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Of the list's first page: all pages show one moment. */
  readonly revision: string
  readonly continue?: string
  readonly remaining?: number
}

export interface ListRequest<T> {
  readonly all: readonly T[]
  readonly revision: string
  /** 0: everything. */
  readonly limit: number
  readonly continue: string | undefined
}

export interface Pager {
  page<T extends Item>(request: ListRequest<T>): Page<T>
  /** Forgets every list begun, as etcd's compaction does: the next page of each is a 410. */
  expire(): void
}

const AT_MOST = 200

export function createPager(): Pager {
  const begun = new Map<string, { readonly rest: readonly Item[]; readonly revision: string }>()

  const keep = (rest: readonly Item[], revision: string): string => {
    const token = encode({ id: randomUUID(), after: keyOf(rest[0]) })
    begun.set(token, { rest, revision })
    const oldest = begun.keys().next()
    if (begun.size > AT_MOST && !oldest.done) begun.delete(oldest.value)
    return token
  }
  return {
    page<T extends Item>({ all, revision, limit, continue: token }: ListRequest<T>): Page<T> {
      const from = token ? rest(all, revision, token, begun.get(token)) : { rest: all, revision }
      if (limit === 0 || from.rest.length <= limit)
        return { items: from.rest as readonly T[], revision: from.revision }
      const left = from.rest.slice(limit)
      return {
        items: from.rest.slice(0, limit) as T[],
        revision: from.revision,
        continue: keep(left, from.revision),
        remaining: left.length,
      }
    },
    expire: () => begun.clear(),
  }
}

function rest(
  all: readonly Item[],
  revision: string,
  token: string,
  kept: { rest: readonly Item[]; revision: string } | undefined,
) {
  if (kept) return kept
  const { id, after } = decode(token)
  // A token without an id goes on with what is there now.
  if (id === undefined) return { rest: all.filter((item) => keyOf(item) >= after), revision }
  throw new StatusError(410, 'Expired', EXPIRED, undefined, encode({ after }))
}

const EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue ' +
  'parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided ' +
  'token results in an inconsistent list. This may be okay if you are only looking for a list of names.'

interface Token {
  readonly id?: string
  readonly after: string
}

const keyOf = (item: Item | undefined) =>
  item ? `${item.metadata.namespace ?? ''}/${item.metadata.name}` : ''
const encode = (token: Token) => Buffer.from(JSON.stringify(token)).toString('base64url')

function decode(token: string): Token {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Token
  } catch {
    throw badRequest('continue key is not valid: the token was not made by this server')
  }
}
