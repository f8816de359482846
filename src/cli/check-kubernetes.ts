import type { ActionName, Config } from '../config/config.ts'
import { type ApiClient, apiClient } from '../kubernetes/api-client.ts'
import type { ApiServer } from '../kubernetes/api-server.ts'
import { flag, object, record, text } from '../kubernetes/projection.ts'
import { LIST_NAMES, LISTS } from '../kubernetes/snapshot/lists.ts'
import { errorMessage } from '../words/error-message.ts'
import type { Check } from './check-report.ts'

interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace?: string
}

/** What each kind of button needs beyond reading. */
const WRITES: Readonly<Record<ActionName, readonly Permission[]>> = {
  silence: [],
  recount: [{ verb: 'patch', group: 'apps', resource: 'daemonsets' }],
  patch: [{ verb: 'patch', group: 'apps', resource: 'daemonsets' }],
  delete: [{ verb: 'delete', group: '', resource: 'pods' }],
}

/** Without these lists there is no count. Without the others, messages lack some causes. */
const REQUIRED = ['daemonsets', 'nodes', 'pods']

/**
 * The version of the API server, and the permissions to read every list and to do what ACTIONS
 * names. The API server's own access review answers, so nothing is changed.
 */
export async function checkKubernetes(
  { actions }: Config,
  apiServer: () => Promise<ApiServer>,
): Promise<Check[]> {
  try {
    const found = await apiServer()
    const client = apiClient(found, { pageMs: 10_000, callMs: 10_000 })
    const version = text(record(await client.get('/version')).gitVersion)
    const reads = await Promise.all(listPermissions().map((one) => readCheck(client, one)))
    const needed = actions.flatMap((action) =>
      WRITES[action].map((permission) => ({ action, permission })),
    )
    const distinct = new Map(needed.map((need) => [nameOf(need.permission), need])).values()
    const writes = await Promise.all(
      [...distinct].map(({ action, permission }) => writeCheck(client, action, permission)),
    )
    const what = `Kubernetes ${found.url}`
    return [{ what, state: 'ok', result: `version ${version ?? 'unknown'}` }, ...reads, ...writes]
  } catch (error) {
    return [
      {
        what: 'Kubernetes',
        state: 'failed',
        result: errorMessage(error),
        fix: 'Set KUBECONFIG and KUBE_CONTEXT, or run in a pod with a service account.',
      },
    ]
  }
}

async function readCheck(client: ApiClient, permission: Permission): Promise<Check> {
  const what = `Kubernetes ${nameOf(permission)}`
  const refusal = await refusalOf(client, permission)
  if (refusal === undefined) return { what, state: 'ok', result: 'allowed' }
  const state = REQUIRED.includes(permission.resource) ? 'failed' : 'warning'
  return { what, state, result: refusal, fix: 'Apply the role in deploy/kubernetes/bot.yaml.' }
}

async function writeCheck(
  client: ApiClient,
  action: ActionName,
  permission: Permission,
): Promise<Check> {
  const what = `Kubernetes ${nameOf(permission)}`
  const refusal = await refusalOf(client, permission)
  if (refusal === undefined) return { what, state: 'ok', result: 'allowed' }
  const file = action === 'delete' ? 'delete-pods.yaml' : 'write.yaml'
  return {
    what,
    state: 'failed',
    result: `${refusal}, but ACTIONS has ${action}`,
    fix: `Apply deploy/kubernetes/${file}, or remove ${action} from ACTIONS.`,
  }
}

const reviewStatus = object<{ readonly allowed?: boolean; readonly reason?: string }>({
  allowed: flag,
  reason: text,
})

/** Why the permission is denied; undefined if it is granted. */
async function refusalOf(client: ApiClient, permission: Permission): Promise<string | undefined> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: permission },
  }
  const answer = await client.send(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    review,
  )
  const { allowed = false, reason } = reviewStatus(record(answer).status) ?? {}
  return allowed ? undefined : `not allowed${reason ? ` (${reason})` : ''}`
}

/** The permission to list everything in a snapshot, from the paths that are read. */
function listPermissions(): Permission[] {
  const paths = LIST_NAMES.flatMap((name) => LISTS[name].paths)
  const permissions = paths.map((path): Permission => {
    const [, group = '', namespace, resource = ''] =
      /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+)(?=\/))?\/([^/?]+)/.exec(path) ?? []
    return { verb: 'list', group, resource, ...(namespace === undefined ? {} : { namespace }) }
  })
  return [...new Map(permissions.map((one) => [nameOf(one), one])).values()]
}

function nameOf({ verb, resource, namespace }: Permission): string {
  return `${verb} ${resource}${namespace === undefined ? '' : ` in ${namespace}`}`
}
