import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import {
  meetsRequirements,
  parseLabelSelector as parseRequirements,
} from '../../../src/daemonset/label-selector.ts'
import type { ObjectStore } from '../object-store.ts'
import { apiVersionOf, type Objects, type Resource, type ResourceDefinition } from '../resources.ts'
import type { ApiRequest } from './request.ts'
import { badRequest, StatusError } from './status-error.ts'

/**
 * Answers a list request with one page. As in Kubernetes, the items have no kind and apiVersion.
 */
export function listObjects(
  store: ObjectStore,
  pager: Pager,
  { definition, namespace, query, metadataOnly }: ApiRequest,
) {
  const labels = query.get('labelSelector') ?? ''
  const fields = query.get('fieldSelector') ?? ''
  const hasLabels = parseLabelSelector(labels)
  const hasFields = parseFieldSelector(fields, definition)
  const limit = Number(query.get('limit') ?? 0)
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`strconv.ParseInt: parsing "${query.get('limit')}": invalid syntax`)
  const all = store
    .list(definition.resource, namespace)
    .filter((object) => hasLabels(object.metadata.labels) && hasFields(object))
  const page = pager.page({
    all,
    revision: store.revision(),
    limit,
    continue: query.get('continue') ?? undefined,
  })
  const metadata = {
    resourceVersion: page.revision,
    ...(page.continue !== undefined && { continue: page.continue }),
    // With a selector, Kubernetes does not say how many items remain.
    ...(page.remaining !== undefined &&
      labels === '' &&
      fields === '' && { remainingItemCount: page.remaining }),
  }
  if (metadataOnly) {
    const items = page.items.map(({ metadata }) => partial(metadata))
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items }
  }
  const items = page.items.map((object) => ({ ...object, kind: undefined, apiVersion: undefined }))
  return { kind: `${definition.kind}List`, apiVersion: apiVersionOf(definition), metadata, items }
}

/** An object reduced to its metadata, for clients that accept only that. */
export const partial = (metadata: Objects[Resource]['metadata']) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

/**
 * Parses a `labelSelector` such as `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws 400 if it does
 * not parse.
 */
function parseLabelSelector(
  text: string,
): (labels: Readonly<Record<string, string>> | undefined) => boolean {
  const requirements = parseRequirements(text)
  if (!requirements) throw badRequest(`unable to parse requirement in the label selector "${text}"`)
  return (labels) => meetsRequirements(requirements, labels)
}

/**
 * Parses a `fieldSelector` such as `spec.nodeName=a,status.phase!=Running`. Throws 400 for a field
 * that the resource does not support.
 */
function parseFieldSelector(
  text: string,
  definition: ResourceDefinition,
): (object: object) => boolean {
  const requirements = text.split(',').flatMap((part): ((object: object) => boolean)[] => {
    if (part === '') return []
    const [, field, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? []
    if (field === undefined)
      throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
    const path = fieldPath(field, definition)
    return [(object) => (read(object, path) === value) === (operator !== '!=')]
  })
  return (object) => requirements.every((matches) => matches(object))
}

function fieldPath(
  field: string,
  { resource, group, version, namespaced, fields }: ResourceDefinition,
): readonly string[] {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && namespaced))
    return field.split('.')
  const path = fields[field]
  if (path) return path
  const where = `${group}/${version}, Resource=${resource}`
  throw badRequest(
    `Unable to find "${where}" that match label selector "", field selector "${field}": field label not supported: ${field}`,
  )
}

function read(object: object, path: readonly string[]): string {
  const value = path.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | undefined)?.[step],
    object,
  )
  return value === undefined || value === null ? '' : String(value)
}

interface Item {
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** resourceVersion of the first page: all pages show the same state. */
  readonly revision: string
  readonly continue?: string
  readonly remaining?: number
}

/** The whole list now, and which page of it is wanted. */
export interface ListRequest<T> {
  readonly all: readonly T[]
  readonly revision: string
  /** Items per page. 0: all. */
  readonly limit: number
  readonly continue: string | undefined
}

/** Keeps the remaining items of lists that clients are still paging through. */
export interface Pager {
  page<T extends Item>(request: ListRequest<T>): Page<T>
  /** Drops all of them, as etcd's compaction does. The next page of each list is a 410. */
  expire(): void
}

const MAX_OPEN_LISTS = 200

/** A pager without open lists. */
export function createPager(): Pager {
  const openLists = new Map<string, { readonly rest: readonly Item[]; readonly revision: string }>()

  const keep = (rest: readonly Item[], revision: string): string => {
    const token = encode({ id: randomUUID(), after: keyOf(rest[0]) })
    openLists.set(token, { rest, revision })
    const oldest = openLists.keys().next()
    if (openLists.size > MAX_OPEN_LISTS && !oldest.done) openLists.delete(oldest.value)
    return token
  }
  return {
    page<T extends Item>({ all, revision, limit, continue: token }: ListRequest<T>): Page<T> {
      const from = token
        ? resumed(all, revision, token, openLists.get(token))
        : { rest: all, revision }
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
    expire: () => openLists.clear(),
  }
}

function resumed(
  all: readonly Item[],
  revision: string,
  token: string,
  kept: { rest: readonly Item[]; revision: string } | undefined,
) {
  if (kept) return kept
  const { id, after } = decode(token)
  // A token without an id continues with the current state.
  if (id === undefined) return { rest: all.filter((item) => keyOf(item) >= after), revision }
  throw new StatusError(410, 'Expired', EXPIRED, undefined, encode({ after }))
}

const EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start ' +
  'a new list without the continue parameter, or use the continue token in this response to ' +
  'retrieve the remainder of the results. Continuing with the provided token results in an ' +
  'inconsistent list. This may be okay if you are only looking for a list of names.'

const tokenSchema = z.object({ id: z.string().optional(), after: z.string() })

type Token = z.infer<typeof tokenSchema>

const keyOf = (item: Item | undefined) =>
  item ? `${item.metadata.namespace ?? ''}/${item.metadata.name}` : ''
const encode = (token: Token) => Buffer.from(JSON.stringify(token)).toString('base64url')

function decode(token: string): Token {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()))
  } catch {
    throw badRequest('continue key is not valid: the token was not made by this server')
  }
}
