import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiError, type Request } from './api.ts'
import { kubectlFor, type TestCluster } from './control-plane.ts'
import { until } from './processes.ts'
import { makeNamespace } from './workload.ts'

/** The bot's own identity in a cluster, with exactly the rights that the applied manifests give it. */
export interface ServiceAccount {
  readonly token: string
  readonly kubeconfigPath: string
}

/** Files of `deploy/kubernetes`. */
export type Manifest = 'bot' | 'write' | 'delete-pods'

export const MANIFESTS: readonly Manifest[] = ['bot', 'write', 'delete-pods']

export const manifestPath = (name: Manifest) =>
  fileURLToPath(new URL(`../../deploy/kubernetes/${name}.yaml`, import.meta.url))

/** As their first lines say: the namespace, then the files. */
export async function applyManifests(
  cluster: TestCluster,
  names: readonly Manifest[] = MANIFESTS,
): Promise<void> {
  await makeNamespace(cluster, NAMESPACE)
  await cluster.kubectl(['apply', ...names.flatMap((name) => ['-f', manifestPath(name)])])
}

/** A token of the applied ServiceAccount, and a kubeconfig in `directory` that logs in with it and nothing else. */
export async function logIn(cluster: TestCluster, directory: string): Promise<ServiceAccount> {
  const token = (
    await cluster.kubectl(['-n', NAMESPACE, 'create', 'token', NAMESPACE, '--duration=1h'])
  ).trim()
  const kubeconfigPath = join(directory, 'bot.kubeconfig')
  await copyFile(cluster.kubeconfigPath, kubeconfigPath)
  const own = kubectlFor(kubeconfigPath)
  await own(['config', 'set-credentials', USER, `--token=${token}`])
  await own(['config', 'set-context', '--current', `--user=${USER}`])
  return { token, kubeconfigPath }
}

/** Admission policies act some seconds after they are applied: waits until one refuses what it is there to refuse. */
export function untilRefused(what: string, attempt: () => Promise<unknown>): Promise<ApiError> {
  return until(`a refusal of ${what}`, async () => (await refusal(attempt())) ?? undefined, {
    interval: 250,
  })
}

/** The server's refusal; undefined where it accepted. */
export async function refusal(request: Promise<unknown>): Promise<ApiError | undefined> {
  try {
    await request
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

/** What the API server's access review says to whoever holds the token, of `[group/]resource[/subresource]`: `apps/daemonsets`, `pods/log`. */
export async function may(
  request: Request,
  token: string,
  verb: string,
  path: string,
  namespace: string,
): Promise<boolean> {
  const [group, resource, subresource] = path.startsWith('apps/')
    ? path.split('/')
    : ['', ...path.split('/')]
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource, subresource, namespace } },
  }
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const { status } = await request<{ status: { allowed: boolean } }>(
    'POST',
    reviews,
    review,
    undefined,
    token,
  )
  return status.allowed
}

const NAMESPACE = 'daemonset-triage'
const USER = 'bot'
