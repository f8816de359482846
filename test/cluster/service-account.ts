import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiError, type Request } from './api.ts'
import { kubectlFor, type TestCluster } from './control-plane.ts'
import { until } from './processes.ts'
import { makeNamespace } from './workload.ts'

/** The bot's ServiceAccount, which has only the rights in the applied manifests. */
export interface ServiceAccount {
  readonly token: string
  readonly kubeconfigPath: string
}

/** Files of `deploy/kubernetes`. */
export type Manifest = 'bot' | 'write' | 'delete-pods'

/** Every file, in the order in which they are applied. */
export const MANIFESTS: readonly Manifest[] = ['bot', 'write', 'delete-pods']

/** Absolute path, for kubectl. */
export const manifestPath = (name: Manifest) =>
  fileURLToPath(new URL(`../../deploy/kubernetes/${name}.yaml`, import.meta.url))

/** Creates the namespace and applies the files, as their comments say. */
export async function applyManifests(
  cluster: TestCluster,
  names: readonly Manifest[] = MANIFESTS,
): Promise<void> {
  await makeNamespace(cluster, NAMESPACE)
  await cluster.kubectl(['apply', ...names.flatMap((name) => ['-f', manifestPath(name)])])
}

/**
 * Requests a token for the applied ServiceAccount and writes a kubeconfig with it to `directory`.
 */
export async function serviceAccountKubeconfig(
  cluster: TestCluster,
  directory: string,
): Promise<ServiceAccount> {
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

/**
 * Waits until an admission policy denies a request: it takes effect some seconds after it is
 * applied.
 */
export function untilRefused(what: string, attempt: () => Promise<unknown>): Promise<ApiError> {
  return until(`a denial of ${what}`, async () => (await refusalOf(attempt())) ?? undefined, {
    intervalMs: 250,
  })
}

/** The error with which the server refused the request; undefined if it accepted it. */
export async function refusalOf(request: Promise<unknown>): Promise<ApiError | undefined> {
  try {
    await request
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

/**
 * Whether a SelfSubjectAccessReview with this token allows the verb on `path`, for example
 * `apps/daemonsets` or `pods/log`.
 */
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
