import type { RequestOptions } from 'node:https'
import { type Cluster, KubeConfig, type User } from '@kubernetes/client-node'
import type { Environment } from '../../config/environment.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { record } from '../project.ts'
import { type KubeConfigContent, readKubeConfigs } from './kube-config-file.ts'
import { type ClientCredentials, tlsApiServer } from './tls-api-server.ts'

/** Milliseconds that a credential plug-in or an identity provider may take. */
const PATIENCE = 60_000

/** The API server of a context of these kubeconfigs. Throws KubernetesError where there is no such context, with those that there are. */
export function contextTarget(
  files: readonly string[],
  name: string | undefined,
  environment: Environment,
): ApiServer {
  const content = readKubeConfigs(files)
  const { cluster, user } = chosen(content, name ?? content.current, files)
  const config = new KubeConfig()
  // Proxies are the target's business. KubeConfig takes plain http only where it need not verify TLS, of which there is none.
  const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith('http:')
  config.loadFromClusterAndUser(
    { ...cluster, proxyUrl: undefined, skipTLSVerify },
    withExecInfo(user, cluster),
  )
  return tlsApiServer(
    cluster.server,
    () => credentialsOf(config),
    environment,
    cluster.proxyUrl || undefined,
  )
}

function chosen(
  content: KubeConfigContent,
  name: string | undefined,
  files: readonly string[],
): { cluster: Cluster; user: User } {
  const where = `kubeconfig ${files.join(', ')}`
  const names = [...new Set(content.contexts.map((context) => context.name))]
  const have = names.length === 0 ? 'it has no contexts' : `it has ${names.join(', ')}`
  if (name === undefined)
    throw new KubernetesError(
      `${where} has no current context; give one with --context or KUBE_CONTEXT: ${have}`,
    )
  const context = content.contexts.find((one) => one.name === name)
  if (context === undefined) throw new KubernetesError(`${where} has no context ${name}; ${have}`)
  const cluster = content.clusters.find((one) => one.name === context.cluster)
  if (cluster === undefined)
    throw new KubernetesError(
      `${where}: context ${name} is of cluster ${context.cluster}, which is not there`,
    )
  const user = content.users.find((one) => one.name === context.user)
  if (user === undefined && context.user !== '')
    throw new KubernetesError(
      `${where}: context ${name} is of user ${context.user}, which is not there`,
    )
  return { cluster, user: user ?? { name: '' } }
}

/** The plug-in's protocol tells it the cluster in KUBERNETES_EXEC_INFO; KubeConfig leaves that out. */
function withExecInfo(user: User, cluster: Cluster): User {
  if (user.exec === undefined) return user
  const exec = record(user.exec)
  const { name: _, skipTLSVerify, caData, server, tlsServerName, proxyUrl } = cluster
  const told = {
    server,
    ...(caData !== undefined && { 'certificate-authority-data': caData }),
    ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    ...(proxyUrl !== undefined && { 'proxy-url': proxyUrl }),
  }
  const spec = { interactive: false, ...(exec.provideClusterInfo === true && { cluster: told }) }
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec }
  const env = [
    ...(Array.isArray(exec.env) ? exec.env : []),
    { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) },
  ]
  return { ...user, exec: { ...exec, env } }
}

/** What KubeConfig would put into a request: by plug-in, token, certificate, OpenID Connect or password. */
async function credentialsOf(config: KubeConfig): Promise<ClientCredentials> {
  const headers: Record<string, string> = {}
  const options: RequestOptions = { headers }
  await within(PATIENCE, config.applyToHTTPSOptions(options))
  const { ca, cert, key, rejectUnauthorized, servername, auth } = options
  if (auth) headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`
  return {
    headers,
    tls: {
      ...defined({ ca: pem(ca), cert: pem(cert), key: pem(key), servername }),
      ...(rejectUnauthorized === false && { rejectUnauthorized }),
    },
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no credentials within ${milliseconds / 1000} s`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function pem(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return Buffer.isBuffer(value) ? value.toString() : String(value)
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
