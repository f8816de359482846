import type { Resource, ResourceDefinition } from './resources.ts'
import { RESOURCES } from './resources.ts'

/** A rule of a role: verbs on resources, in some namespaces or in all. */
export interface Right {
  readonly verbs: readonly string[]
  readonly resources: readonly string[]
  /** Absent: cluster-wide. */
  readonly namespaces?: readonly string[]
}

/** What a user asks to do. Without a namespace it is asked for all of them, or for something that has none. */
export interface Attributes {
  readonly verb: string
  readonly resource: string
  readonly group?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/** As the ClusterRole in deploy/ with both write rights: read everything that is served, patch DaemonSets, delete pods. */
export const BOT_RIGHTS: readonly Right[] = [
  { verbs: ['get', 'list'], resources: RESOURCES.map(({ resource }) => resource) },
  { verbs: ['patch'], resources: ['daemonsets'] },
  { verbs: ['delete'], resources: ['pods'] },
  { verbs: ['create'], resources: ['subjectaccessreviews'] },
]

/** RBAC's decision: allowed if a rule allows it. */
export function isAllowed(
  rights: readonly Right[],
  { verb, resource, namespace }: Attributes,
): boolean {
  return rights.some(
    ({ verbs, resources, namespaces }) =>
      (verbs.includes(verb) || verbs.includes('*')) &&
      (resources.includes(resource) || resources.includes('*')) &&
      (namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace))),
  )
}

/** The sentence of a 403, as the API server words it. */
export function refusal(
  user: string,
  { verb, resource, group = '', namespace, name }: Attributes,
): string {
  const what = group ? `${resource}.${group}` : resource
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  const cannot = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return `${what}${name ? ` "${name}"` : ''} is forbidden: ${cannot}`
}

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
