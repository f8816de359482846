import { isDeepStrictEqual } from 'node:util'
import type { DaemonSet, Toleration } from '../../../src/kubernetes/objects.ts'
import { definitionOf } from '../resources.ts'
import { conflict, invalid, type StatusCause, StatusError } from './status-error.ts'

const definition = definitionOf('daemonsets')

/** Throws the API server's error if an update of a DaemonSet is not valid. */
export function validateDaemonSetUpdate(before: DaemonSet, after: DaemonSet): void {
  const { name } = before.metadata
  if (after.metadata.name !== name) {
    throw new StatusError(
      400,
      'BadRequest',
      `the name of the object (${after.metadata.name}) does not match the name on the URL (${name})`,
    )
  }
  if (after.metadata.namespace !== before.metadata.namespace) {
    throw new StatusError(
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
  if (after.metadata.uid !== before.metadata.uid) {
    const reason = `Precondition failed: UID in precondition: ${after.metadata.uid}, UID in object meta: ${before.metadata.uid}`
    throw conflict(definition, name, reason)
  }
  if (after.metadata.resourceVersion !== before.metadata.resourceVersion) {
    throw conflict(
      definition,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    )
  }
  const causes = [
    ...selectorCauses(before, after),
    ...tolerationCauses(after.spec.template.spec?.tolerations, 'spec.template.spec.tolerations'),
  ]
  if (causes.length > 0) throw invalid(definition, name, causes)
}

/** The annotation that counts changes of the pod template. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/**
 * The update with the fields that the server sets: it keeps status and deletion fields, and counts
 * generations up.
 */
export function prepareDaemonSetUpdate(before: DaemonSet, after: DaemonSet): DaemonSet {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata
  const raised = isDeepStrictEqual(before.spec, after.spec) ? 0 : 1
  const kept = {
    uid,
    creationTimestamp,
    generation: (before.metadata.generation ?? 1) + raised,
    ...(deletionTimestamp && { deletionTimestamp, deletionGracePeriodSeconds }),
  }
  const changed = isDeepStrictEqual(before.spec.template, after.spec.template) ? 0 : 1
  const templateGeneration =
    Number(before.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1) + changed
  const annotations = {
    ...after.metadata.annotations,
    [TEMPLATE_GENERATION]: String(templateGeneration),
  }
  return {
    ...after,
    metadata: { ...after.metadata, ...kept, annotations },
    ...(before.status && { status: before.status }),
  } as DaemonSet
}

function selectorCauses(before: DaemonSet, after: DaemonSet): StatusCause[] {
  const causes: StatusCause[] = []
  if (!isDeepStrictEqual(before.spec.selector, after.spec.selector)) {
    causes.push(
      cause(
        'FieldValueInvalid',
        'spec.selector',
        `Invalid value: ${JSON.stringify(after.spec.selector)}: field is immutable`,
      ),
    )
  }
  const labels = after.spec.template.metadata?.labels ?? {}
  const wanted = Object.entries(after.spec.selector?.matchLabels ?? {})
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    const message = `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``
    causes.push(cause('FieldValueInvalid', 'spec.template.metadata.labels', message))
  }
  return causes
}

const OPERATORS = ['Equal', 'Exists']
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const KEY =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/**
 * The rules of Kubernetes' `ValidateTolerations`. `Lt` and `Gt` are not supported: their feature
 * gate is off by default.
 */
function tolerationCauses(
  tolerations: readonly Toleration[] | null | undefined,
  field: string,
): StatusCause[] {
  return (tolerations ?? []).flatMap((toleration, index) => {
    const { key = '', operator = '', effect = '', tolerationSeconds } = toleration
    const path = `${field}[${index}]`
    const causes: StatusCause[] = []
    if (key !== '' && !KEY.test(key))
      causes.push(cause('FieldValueInvalid', `${path}.key`, `Invalid value: "${key}": ${KEY_RULE}`))
    if (key === '' && operator !== 'Exists') {
      const message = `Invalid value: "${operator}": operator must be Exists when \`key\` is empty, which means "match all values and all keys"`
      causes.push(cause('FieldValueInvalid', `${path}.operator`, message))
    }
    if (tolerationSeconds != null && effect !== 'NoExecute') {
      const message = `Invalid value: "${effect}": effect must be 'NoExecute' when \`tolerationSeconds\` is set`
      causes.push(cause('FieldValueInvalid', `${path}.effect`, message))
    }
    causes.push(...operatorCauses(toleration, `${path}.operator`))
    if (effect !== '' && !EFFECTS.includes(effect))
      causes.push(cause('FieldValueNotSupported', `${path}.effect`, unsupported(effect, EFFECTS)))
    return causes
  })
}

function operatorCauses({ operator = '', value = '' }: Toleration, path: string): StatusCause[] {
  if ((operator === '' || operator === 'Equal') && !VALUE.test(value))
    return [cause('FieldValueInvalid', path, `Invalid value: "${value}": ${VALUE_RULE}`)]
  if (operator === 'Exists' && value !== '') {
    const message = `Invalid value: "${value}": value must be empty when \`operator\` is 'Exists'`
    return [cause('FieldValueInvalid', path, message)]
  }
  if (operator !== '' && !OPERATORS.includes(operator))
    return [cause('FieldValueNotSupported', path, unsupported(operator, OPERATORS))]
  return []
}

const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

const cause = (reason: string, field: string, message: string): StatusCause => ({
  reason,
  message,
  field,
})

const unsupported = (value: string, supported: readonly string[]) =>
  `Unsupported value: "${value}": supported values: ${supported.map((one) => `"${one}"`).join(', ')}`
