import type { LabelSelector } from './objects.ts'

/** `/apis/apps/v1/daemonsets` in one namespace: `/apis/apps/v1/namespaces/logging/daemonsets`. */
export function inNamespace(path: string, namespace: string): string {
  const [resources = '', ...query] = path.split('?')
  const at = resources.lastIndexOf('/')
  const namespaced = `${resources.slice(0, at)}/namespaces/${encodeURIComponent(namespace)}${resources.slice(at)}`
  return [namespaced, ...query].join('?')
}

/** The objects of the list that a `labelSelector` in the API's syntax selects. */
export function withLabels(path: string, selector: string): string {
  return selector === '' ? path : withQuery(path, `labelSelector=${encodeURIComponent(selector)}`)
}

/** The objects of the list whose field has this value: `spec.nodeName`, `metadata.name`. */
export function withField(path: string, field: string, value: string): string {
  return withQuery(path, `fieldSelector=${encodeURIComponent(`${field}=${value}`)}`)
}

/** In the syntax of the API's `labelSelector`: `app=agent,tier in (a,b),!canary`. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'Exists':
          return key
        case 'DoesNotExist':
          return `!${key}`
        case 'NotIn':
          return `${key} notin (${values.join(',')})`
        default:
          return `${key} in (${values.join(',')})`
      }
    }),
  ].join(',')
}

function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}
