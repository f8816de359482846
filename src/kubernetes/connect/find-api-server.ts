import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Environment } from '../../config/environment.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { nodeApiServer } from './node-api-server.ts'

/** Where to look for an API server. Everything is optional, as for kubectl. */
export interface FindOptions {
  /** One file, or several as in KUBECONFIG. Takes precedence over the environment. */
  readonly kubeconfig?: string
  /** Instead of the kubeconfig's current context. */
  readonly context?: string
  readonly environment?: Environment
  /** Directory of the pod's service account. */
  readonly serviceAccount?: string
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The API server that kubectl would use: of the given kubeconfig, of KUBECONFIG, of ~/.kube/config,
 * or of the pod's service account, in this order. Throws KubernetesError that names the missing
 * file or context. Node only.
 */
export async function findApiServer({
  kubeconfig,
  context,
  environment = process.env,
  serviceAccount = SERVICE_ACCOUNT,
}: FindOptions = {}): Promise<ApiServer> {
  const files = configFiles(kubeconfig ?? environment.KUBECONFIG, environment)
  if (files.length > 0) {
    // client-node takes 0.6 s and 90 MB to load. A pod does not need it.
    const { contextApiServer } = await import('./kubeconfig.ts')
    return contextApiServer(files, context, environment)
  }
  if (
    context === undefined &&
    environment.KUBERNETES_SERVICE_HOST &&
    existsSync(join(serviceAccount, 'token'))
  ) {
    return inClusterApiServer(environment, serviceAccount)
  }
  throw new KubernetesError(
    'no kubeconfig: ~/.kube/config does not exist. Set KUBECONFIG, pass --kubeconfig, or run in a pod with a service account',
  )
}

/**
 * The API server of the bot's settings: by URL and token if they are set, or as `findApiServer`.
 */
export async function configuredApiServer(
  settings: {
    readonly kubernetes?: { readonly url: string; readonly token: string; readonly ca?: string }
    readonly kubeconfig?: string
    readonly kubeContext?: string
  },
  environment: Environment,
): Promise<ApiServer> {
  const { kubernetes, kubeconfig, kubeContext } = settings
  if (kubernetes) return apiServerWithCa({ ...kubernetes, environment })
  return findApiServer({
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(kubeContext ? { context: kubeContext } : {}),
    environment,
  })
}

/**
 * An API server that accepts this token. `ca` is its private certificate authority, as PEM or, as
 * in a kubeconfig, as base64 of it. Node only.
 */
export function apiServerWithCa({
  url,
  token,
  ca,
  environment = process.env,
}: {
  readonly url: string
  readonly token: string
  readonly ca?: string
  readonly environment?: Environment
}): ApiServer {
  const pem =
    ca === undefined || ca.includes('-----BEGIN') ? ca : Buffer.from(ca, 'base64').toString()
  const credentials = {
    headers: { authorization: `Bearer ${token.trim()}` },
    tls: { ...(pem !== undefined && { ca: pem }) },
  }
  return nodeApiServer(url, async () => credentials, environment)
}

function configFiles(given: string | undefined, environment: Environment): readonly string[] {
  if (given) {
    const named = given.split(delimiter).filter((file) => file !== '')
    const found = named.filter((file) => existsSync(file))
    if (found.length === 0)
      throw new KubernetesError(`kubeconfig ${named.join(', ')} does not exist`)
    return found
  }
  const home = environment.HOME ?? environment.USERPROFILE
  const usual = home ? join(home, '.kube', 'config') : undefined
  return usual !== undefined && existsSync(usual) ? [usual] : []
}

function inClusterApiServer(environment: Environment, serviceAccount: string): ApiServer {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment
  const url = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  // Fails now, not at the first request, if the service account is incomplete.
  readFileSync(join(serviceAccount, 'ca.crt'))
  // The kubelet rotates both files while the pod runs.
  const read = async () => {
    const [token, ca] = await Promise.all(
      ['token', 'ca.crt'].map((name) => readFile(join(serviceAccount, name), 'utf8')),
    )
    return { headers: { authorization: `Bearer ${token?.trim()}` }, tls: { ca } }
  }
  return nodeApiServer(url, read, environment)
}
