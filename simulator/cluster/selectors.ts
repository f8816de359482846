import {
  meetsRequirements,
  parseLabelSelector as parseRequirements,
} from '../../src/daemonset/label-selector.ts'
import type { ResourceDefinition } from './resources.ts'
import { badRequest } from './status-error.ts'

/** `labelSelector` of a list: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws the API's 400 for what it cannot parse. */
export function parseLabelSelector(
  text: string,
): (labels: Readonly<Record<string, string>> | undefined) => boolean {
  const requirements = parseRequirements(text)
  if (!requirements) throw badRequest(`unable to parse requirement in the label selector "${text}"`)
  return (labels) => meetsRequirements(requirements, labels)
}

/** `fieldSelector` of a list: `spec.nodeName=a,status.phase!=Running`. Throws the API's 400 for fields that the resource does not know. */
export function parseFieldSelector(
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
  return (object) => requirements.every((holds) => holds(object))
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
