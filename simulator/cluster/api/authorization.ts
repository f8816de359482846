import * as z from 'zod'
import { RESOURCES, type Resource, type ResourceDefinition } from '../resources.ts'
import type { Faults } from './faults.ts'
import { badRequest, StatusError } from './status-error.ts'

/** A rule of a Role or ClusterRole: verbs on resources. */
export interface Permission {
  readonly verbs: readonly string[]
  readonly resources: readonly string[]
  /** Absent: all namespaces and cluster-scoped resources. */
  readonly namespaces?: readonly string[]
}

/**
 * What a user wants to do. Without a namespace: in all namespaces, or to a cluster-scoped resource.
 */
export interface Attributes {
  readonly verb: string
  readonly resource: string
  readonly group?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/**
 * The ClusterRoles in deploy/kubernetes/ with all write permissions: read everything, patch
 * DaemonSets, delete pods.
 */
export const BOT_PERMISSIONS: readonly Permission[] = [
  { verbs: ['get', 'list'], resources: RESOURCES.map(({ resource }) => resource) },
  { verbs: ['patch'], resources: ['daemonsets'] },
  { verbs: ['delete'], resources: ['pods'] },
  { verbs: ['create'], resources: ['subjectaccessreviews'] },
]

/** RBAC's decision: allowed if any rule allows it. */
export function isAllowed(
  permissions: readonly Permission[],
  { verb, resource, namespace }: Attributes,
): boolean {
  return permissions.some(
    ({ verbs, resources, namespaces }) =>
      (verbs.includes(verb) || verbs.includes('*')) &&
      (resources.includes(resource) || resources.includes('*')) &&
      (namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace))),
  )
}

/** The message of a 403, in the API server's wording. */
export function forbiddenMessage(
  user: string,
  { verb, resource, group = '', namespace, name }: Attributes,
): string {
  const what = group ? `${resource}.${group}` : resource
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  const cannot = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return `${what}${name ? ` "${name}"` : ''} is forbidden: ${cannot}`
}

/** The attributes of an API request. */
export const attributesOf = (
  verb: string,
  { resource, group }: ResourceDefinition,
  namespace?: string,
  name?: string,
): Attributes & { resource: Resource } => ({
  verb,
  resource,
  group,
  namespace,
  name,
})

const attributes = z.object({
  verb: z.string(),
  resource: z.string(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  subresource: z.string().optional(),
  version: z.string().optional(),
})

const review = z.object({
  spec: z.object({
    resourceAttributes: attributes,
    user: z.string().optional(),
    groups: z.array(z.string()).optional(),
  }),
})

/** Whose permissions count. */
export interface AuthorizationOptions {
  /** The user of the token. */
  readonly user: string
  /** Permissions of that user. */
  readonly permissions: readonly Permission[]
  /** Permissions of other users, for SubjectAccessReviews. */
  readonly users: Readonly<Record<string, readonly Permission[]>>
  readonly faults: Faults
}

/**
 * Answers a SelfSubjectAccessReview or a SubjectAccessReview. `kind`: the resource name from the
 * path.
 */
export function reviewAccess(
  kind: string,
  body: unknown,
  { user, permissions, users, faults }: AuthorizationOptions,
): Record<string, unknown> {
  const parsed = review.safeParse(body)
  if (!parsed.success)
    throw badRequest(`the object provided is unrecognized: ${z.prettifyError(parsed.error)}`)
  const { spec } = parsed.data
  const self = kind === 'selfsubjectaccessreviews'
  const { verb, resource } = spec.resourceAttributes
  if (!self) {
    const asked = { verb: 'create', resource: kind, group: 'authorization.k8s.io' }
    if (!isAllowed(permissions, asked))
      throw new StatusError(403, 'Forbidden', forbiddenMessage(user, asked), {
        group: asked.group,
        kind,
      })
  }
  const granted: readonly Permission[] = self ? permissions : (users[spec.user ?? ''] ?? [])
  const allowed =
    isAllowed(granted, spec.resourceAttributes) &&
    !(self && faults.take('forbidden', verb, resource))
  return {
    kind: self ? 'SelfSubjectAccessReview' : 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: {
      allowed,
      ...(allowed && {
        reason:
          'RBAC: allowed by ClusterRoleBinding "daemonset-triage" of ClusterRole "daemonset-triage"',
      }),
    },
  }
}
