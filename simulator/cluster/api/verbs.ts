import { applyPatch, type Operation } from 'rfc6902'
import * as z from 'zod'
import type { DaemonSet } from '../../../src/kubernetes/objects.ts'
import { recordWrite } from '../managed-fields.ts'
import { deleteObject, type ObjectStore } from '../object-store.ts'
import { apiVersionOf, type Objects, type Resource } from '../resources.ts'
import { prepareDaemonSetUpdate, validateDaemonSetUpdate } from './daemonset-validation.ts'
import { partial } from './lists.ts'
import type { ApiRequest } from './request.ts'
import { badRequest, conflict, notFound, StatusError } from './status-error.ts'

/** Answers a get. */
export function readObject(store: ObjectStore, request: ApiRequest) {
  const object = find(store, request)
  return request.metadataOnly ? partial(object.metadata) : object
}

/** Applies a JSON Patch. Returns the object as written, or as a dry run would write it. */
export function writePatch(store: ObjectStore, request: ApiRequest) {
  const { definition, body, dryRun, manager } = request
  const before = find(store, request)
  const { object, paths } = applyJsonPatch(before, body)
  const after =
    definition.resource === 'daemonsets'
      ? admitDaemonSet(before as DaemonSet, object as DaemonSet)
      : object
  const time = new Date().toISOString()
  const metadata = recordWrite(after.metadata, {
    manager,
    apiVersion: apiVersionOf(definition),
    paths,
    time,
  })
  const written = { ...after, metadata: after === before ? before.metadata : metadata }
  return dryRun ? written : store.update(definition.resource, written)
}

function admitDaemonSet(before: DaemonSet, after: DaemonSet): DaemonSet {
  validateDaemonSetUpdate(before, after)
  return prepareDaemonSetUpdate(before, after)
}

const deleteOptions = z.object({
  preconditions: z
    .object({ uid: z.string().optional(), resourceVersion: z.string().optional() })
    .optional(),
  gracePeriodSeconds: z.number().int().min(0).optional(),
  dryRun: z.array(z.literal('All')).optional(),
})

/** Deletes an object if the preconditions in the body hold. */
export function removeObject(store: ObjectStore, request: ApiRequest) {
  const { definition, query } = request
  const parsed = deleteOptions.safeParse(request.body)
  if (!parsed.success)
    throw badRequest(`unable to parse DeleteOptions: ${z.prettifyError(parsed.error)}`)
  const { preconditions = {}, dryRun = [], gracePeriodSeconds } = parsed.data
  const object = find(store, request)
  const { name, uid, resourceVersion } = object.metadata
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const mismatch = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`
    throw conflict(
      definition,
      name,
      `${mismatch}. The object might have been deleted and then recreated`,
    )
  }
  if (
    preconditions.resourceVersion !== undefined &&
    preconditions.resourceVersion !== resourceVersion
  ) {
    const mismatch = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match`
    throw conflict(
      definition,
      name,
      `${mismatch} the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
  if (request.dryRun || dryRun.length > 0) return object
  const graceParameter = query.get('gracePeriodSeconds')
  return deleteObject(
    store,
    definition.resource,
    object,
    gracePeriodSeconds ?? (graceParameter === null ? undefined : Number(graceParameter)),
  )
}

function find(
  store: ObjectStore,
  { definition, namespace, name = '' }: ApiRequest,
): Objects[Resource] {
  const object = store.get(definition.resource, namespace, name)
  if (!object) throw notFound(definition, name)
  return object
}

const operation = z.object({
  op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
  path: z.string().regex(/^(\/.*)?$/),
  from: z.string().optional(),
  value: z.unknown().optional(),
})

/**
 * Applies an RFC 6902 patch to a copy, and returns the changed field paths. Throws 422 `Invalid` if
 * it does not apply, for example if a `test` fails.
 */
function applyJsonPatch<T>(
  object: T,
  body: unknown,
): { readonly object: T; readonly paths: readonly (readonly string[])[] } {
  const patch = z.array(operation).safeParse(body)
  if (!patch.success) throw badRequest(`error decoding patch: ${z.prettifyError(patch.error)}`)
  const copy = structuredClone(object)
  const failed = applyPatch(copy, patch.data as Operation[]).some((result) => result !== null)
  if (failed)
    throw new StatusError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    )
  const paths = patch.data.filter(({ op }) => op !== 'test').map(({ path }) => fieldPath(path))
  return { object: copy, paths: paths.filter((path) => path.length > 0) }
}

/** Lists that managedFields own as a whole. */
const ATOMIC = ['tolerations', 'taints', 'finalizers']

/** A JSON pointer as a field path, cut off at an atomic list. */
function fieldPath(pointer: string): string[] {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const end = steps.findIndex((step) => ATOMIC.includes(step))
  return end < 0 ? steps : steps.slice(0, end + 1)
}
