import * as z from 'zod'
import type { DaemonSet } from '../../src/kubernetes/objects.ts'
import { deleteObject } from './delete-object.ts'
import { patched } from './json-patch.ts'
import { recordWrite } from './managed-fields.ts'
import type { ObjectStore } from './object-store.ts'
import type { Pager } from './paging.ts'
import type { ApiRequest } from './request.ts'
import { apiVersionOf, type Objects, type Resource } from './resources.ts'
import { parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { badRequest, conflict, notFound } from './status-error.ts'
import { prepareDaemonSetUpdate, validateDaemonSetUpdate } from './validate-daemonset.ts'

/** A page of a list. As in the real one, its items carry neither kind nor apiVersion. */
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
    // With a selector the server does not know how many are left.
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

export function readObject(store: ObjectStore, request: ApiRequest) {
  const object = find(store, request)
  return request.metadataOnly ? partial(object.metadata) : object
}

const partial = (metadata: Objects[Resource]['metadata']) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

/** Applies a JSON Patch and its admission: the object as written, or as it would be in a dry run. */
export function writePatch(store: ObjectStore, request: ApiRequest) {
  const { definition, body, dryRun, manager } = request
  const before = find(store, request)
  const { object, paths } = patched(before, body)
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

/** Deletes under the preconditions that the body names. */
export function removeObject(store: ObjectStore, request: ApiRequest) {
  const { definition, query } = request
  const parsed = deleteOptions.safeParse(request.body)
  if (!parsed.success)
    throw badRequest(`unable to parse DeleteOptions: ${z.prettifyError(parsed.error)}`)
  const { preconditions = {}, dryRun = [], gracePeriodSeconds } = parsed.data
  const object = find(store, request)
  const { name, uid, resourceVersion } = object.metadata
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const differ = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`
    throw conflict(
      definition,
      name,
      `${differ}. The object might have been deleted and then recreated`,
    )
  }
  if (
    preconditions.resourceVersion !== undefined &&
    preconditions.resourceVersion !== resourceVersion
  ) {
    const differ = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match`
    throw conflict(
      definition,
      name,
      `${differ} the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
  if (request.dryRun || dryRun.length > 0) return object
  const asked = query.get('gracePeriodSeconds')
  return deleteObject(
    store,
    definition.resource,
    object,
    gracePeriodSeconds ?? (asked === null ? undefined : Number(asked)),
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
