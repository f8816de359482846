import type { ActionName, Config } from '../config/config.ts'
import type { ApiServer } from '../kubernetes/api-server.ts'
import { flag, object, record, text } from '../kubernetes/project.ts'
import { LIST_NAMES, LISTS } from '../kubernetes/snapshot/lists.ts'
import { type Wire, wireTo } from '../kubernetes/wire.ts'
import { errorMessage } from '../words/error-message.ts'
import type { Check } from './check-result.ts'

interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace?: string
}

/** Rights beyond reading that each kind of button needs. */
const writes: Readonly<Record<ActionName, readonly Right[]>> = {
  silence: [],
  recount: [{ verb: 'patch', group: 'apps', resource: 'daemonsets' }],
  patch: [{ verb: 'patch', group: 'apps', resource: 'daemonsets' }],
  delete: [{ verb: 'delete', group: '', resource: 'pods' }],
}

/** Without these no count can be made; what the others say of a cause is missing from messages. */
const vital = ['daemonsets', 'nodes', 'pods']

/** The API server's version, and by its own access review the rights to read every list and to do what ACTIONS offers. */
export async function checkKubernetes(
  { actions }: Config,
  target: () => Promise<ApiServer>,
): Promise<Check[]> {
  let wire: Wire
  try {
    const found = await target()
    wire = wireTo(found, { page: 10_000, call: 10_000 })
    const version = text(record(await wire.get('/version')).gitVersion)
    const reads = await Promise.all(listRights().map((right) => readCheck(wire, right)))
    const needed = actions.flatMap((action) => writes[action].map((right) => ({ action, right })))
    const wanted = [...new Map(needed.map((need) => [nameOf(need.right), need])).values()]
    const acts = await Promise.all(
      wanted.map(({ action, right }) => writeCheck(wire, action, right)),
    )
    return [
      {
        what: `Kubernetes ${found.server}`,
        state: 'good',
        seen: `version ${version ?? 'unknown'}`,
      },
      ...reads,
      ...acts,
    ]
  } catch (error) {
    const seen = errorMessage(error)
    return [
      {
        what: 'Kubernetes',
        state: 'missing',
        seen,
        fix: 'set KUBECONFIG and KUBE_CONTEXT, or run in a pod with a service account',
      },
    ]
  }
}

async function readCheck(wire: Wire, right: Right): Promise<Check> {
  const what = `Kubernetes ${nameOf(right)}`
  const refusal = await refusalOf(wire, right)
  if (refusal === undefined) return { what, state: 'good', seen: 'allowed' }
  const state = vital.includes(right.resource) ? 'missing' : 'unknown'
  return { what, state, seen: refusal, fix: 'deploy/kubernetes/bot.yaml gives the right to read' }
}

async function writeCheck(wire: Wire, action: ActionName, right: Right): Promise<Check> {
  const what = `Kubernetes ${nameOf(right)}`
  const refusal = await refusalOf(wire, right)
  if (refusal === undefined) return { what, state: 'good', seen: 'allowed' }
  const file = action === 'delete' ? 'delete-pods.yaml' : 'write.yaml'
  return {
    what,
    state: 'missing',
    seen: `${refusal}; ACTIONS has ${action}`,
    fix: `deploy/kubernetes/${file} gives it, or take ${action} out of ACTIONS`,
  }
}

const reviewStatus = object<{ readonly allowed?: boolean; readonly reason?: string }>({
  allowed: flag,
  reason: text,
})

async function refusalOf(wire: Wire, right: Right): Promise<string | undefined> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: right },
  }
  const answer = await wire.send(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    review,
  )
  const { allowed = false, reason } = reviewStatus(record(answer).status) ?? {}
  return allowed ? undefined : `not allowed${reason ? ` (${reason})` : ''}`
}

/** The right to list each thing that a snapshot is made of, from the paths that are read. */
function listRights(): Right[] {
  const paths = LIST_NAMES.flatMap((name) => LISTS[name].paths)
  const rights = paths.map((path): Right => {
    const [, group = '', namespace, resource = ''] =
      /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+)(?=\/))?\/([^/?]+)/.exec(path) ?? []
    return { verb: 'list', group, resource, ...(namespace === undefined ? {} : { namespace }) }
  })
  return [...new Map(rights.map((right) => [nameOf(right), right])).values()]
}

function nameOf({ verb, resource, namespace }: Right): string {
  return `${verb} ${resource}${namespace === undefined ? '' : ` in ${namespace}`}`
}
