import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Environment } from '../../config/environment.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { tlsApiServer } from './tls-api-server.ts'

export interface KubeConfigOptions {
  /** A file, or several as in KUBECONFIG; instead of the environment's. */
  readonly kubeconfig?: string
  /** Instead of the kubeconfig's current one. */
  readonly context?: string
  readonly environment?: Environment
  /** Where a pod finds its service account. */
  readonly serviceAccount?: string
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The API server that kubectl would talk to: by the given kubeconfig, else KUBECONFIG, else ~/.kube/config, else the pod's own service account.
 * Throws KubernetesError that says which file or context is missing. Node only.
 */
export async function kubeConfigTarget({
  kubeconfig,
  context,
  environment = process.env,
  serviceAccount = SERVICE_ACCOUNT,
}: KubeConfigOptions = {}): Promise<ApiServer> {
  const files = configFiles(kubeconfig ?? environment.KUBECONFIG, environment)
  if (files.length > 0) {
    // The library that reads kubeconfigs is large: a pod does without it.
    const { contextTarget } = await import('./kube-context.ts')
    return contextTarget(files, context, environment)
  }
  if (
    context === undefined &&
    environment.KUBERNETES_SERVICE_HOST &&
    existsSync(join(serviceAccount, 'token'))
  ) {
    return inClusterTarget(environment, serviceAccount)
  }
  throw new KubernetesError(
    'no kubeconfig: set KUBECONFIG, give --kubeconfig, or run in a pod with a service account; ~/.kube/config is not there',
  )
}

/** The API server of the bot's settings: by address and token where they give them, else as kubectl would find it. */
export async function configuredTarget(
  settings: {
    readonly kubernetes?: { readonly url: string; readonly token: string; readonly ca?: string }
    readonly kubeconfig?: string
    readonly kubeContext?: string
  },
  environment: Environment,
): Promise<ApiServer> {
  const { kubernetes, kubeconfig, kubeContext } = settings
  if (kubernetes) return tokenTarget({ ...kubernetes, environment })
  return kubeConfigTarget({
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(kubeContext ? { context: kubeContext } : {}),
    environment,
  })
}

/** An API server that is reached with a token, on Node, with a private certificate authority (PEM, or base64 of it as in a kubeconfig). */
export function tokenTarget({
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
  return tlsApiServer(url, async () => credentials, environment)
}

function configFiles(given: string | undefined, environment: Environment): readonly string[] {
  if (given) {
    const named = given.split(delimiter).filter((file) => file !== '')
    const found = named.filter((file) => existsSync(file))
    if (found.length === 0) throw new KubernetesError(`kubeconfig ${named.join(', ')} is not there`)
    return found
  }
  const home = environment.HOME ?? environment.USERPROFILE
  const usual = home ? join(home, '.kube', 'config') : undefined
  return usual !== undefined && existsSync(usual) ? [usual] : []
}

function inClusterTarget(environment: Environment, serviceAccount: string): ApiServer {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  readFileSync(join(serviceAccount, 'ca.crt'))
  // The kubelet renews both files while the pod runs.
  const read = async () => {
    const [token, ca] = await Promise.all(
      ['token', 'ca.crt'].map((name) => readFile(join(serviceAccount, name), 'utf8')),
    )
    return { headers: { authorization: `Bearer ${token?.trim()}` }, tls: { ca } }
  }
  return tlsApiServer(server, read, environment)
}
