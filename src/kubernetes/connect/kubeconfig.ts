import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { dirname } from 'node:path'
import { type Cluster, KubeConfig, makeAbsolutePath, type User } from '@kubernetes/client-node'
import { CORE_SCHEMA, loadAll } from 'js-yaml'
import * as z from 'zod'
import type { Environment } from '../../config/environment.ts'
import { errorMessage } from '../../words/error-message.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { pathText, record } from '../projection.ts'
import { type ClientCredentials, nodeApiServer } from './node-api-server.ts'

/** For a credential plug-in or an identity provider, which may wait for a person. */
const CREDENTIALS_TIMEOUT_MS = 60_000

/**
 * The API server of a context in these kubeconfigs. client-node reads them and gets the
 * credentials. What it does differently from kubectl is done here: several files may define the
 * same name (the first counts; `KubeConfig.mergeConfig` throws), `tokenFile`, a plug-in's relative
 * path and KUBERNETES_EXEC_INFO, http without `insecure-skip-tls-verify`, connections shared by
 * requests, and an error for a field of the wrong type.
 *
 * `name` is the context; undefined: the current one. Throws KubernetesError.
 */
export function contextApiServer(
  files: readonly string[],
  name: string | undefined,
  environment: Environment,
): ApiServer {
  const { cluster, user } = chosen(files, name)
  const config = new KubeConfig()
  // nodeApiServer connects, through the proxy and without TLS if it is http: KubeConfig need not
  // know.
  const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith('http:')
  config.loadFromClusterAndUser(
    { ...cluster, proxyUrl: undefined, skipTLSVerify },
    withExecInfo(user, cluster),
  )
  return nodeApiServer(
    cluster.server,
    () => credentialsOf(config),
    environment,
    cluster.proxyUrl || undefined,
  )
}

function chosen(
  files: readonly string[],
  given: string | undefined,
): { readonly cluster: Cluster; readonly user: User } {
  const configs = files.map(readKubeConfig)
  const contexts = configs.flatMap((config) => config.getContexts())
  const where = `kubeconfig ${files.join(', ')}`
  const names = [...new Set(contexts.map((context) => context.name))]
  const has = names.length === 0 ? 'it has no contexts' : `it has ${names.join(', ')}`
  const name = given ?? configs.map((config) => config.getCurrentContext()).find(Boolean)
  if (name === undefined)
    throw new KubernetesError(
      `${where} has no current context; choose one with --context or KUBE_CONTEXT: ${has}`,
    )
  const context = contexts.find((one) => one.name === name)
  if (context === undefined) throw new KubernetesError(`${where} has no context ${name}; ${has}`)
  const cluster = configs.map((config) => config.getCluster(context.cluster)).find(Boolean)
  if (!cluster)
    throw new KubernetesError(
      `${where}: context ${name} refers to cluster ${context.cluster}, which is missing`,
    )
  const user = configs.map((config) => config.getUser(context.user)).find(Boolean)
  if (!user && context.user)
    throw new KubernetesError(
      `${where}: context ${name} refers to user ${context.user}, which is missing`,
    )
  return { cluster, user: user ?? { name: '' } }
}

const text = z.string().nullish()

const userEntry = z.looseObject({
  'client-certificate-data': text,
  'client-certificate': text,
  'client-key-data': text,
  'client-key': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  exec: z.looseObject({ command: z.string() }).nullish(),
  'auth-provider': z.looseObject({}).nullish(),
})

const kubeConfigFile = z.looseObject({
  'current-context': text,
  contexts: z
    .array(
      z.looseObject({
        name: z.string(),
        context: z.looseObject({ cluster: z.string(), user: text }),
      }),
    )
    .nullish(),
  clusters: z
    .array(
      z.looseObject({
        name: z.string(),
        cluster: z.looseObject({
          server: z.string(),
          'insecure-skip-tls-verify': z.boolean().nullish(),
          'certificate-authority-data': text,
          'certificate-authority': text,
          'tls-server-name': text,
          'proxy-url': text,
        }),
      }),
    )
    .nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userEntry.nullish() })).nullish(),
})

function readKubeConfig(file: string): KubeConfig {
  try {
    // loadAll: an empty file is valid, and `load` refuses it.
    const [raw] = loadAll(readFileSync(file, 'utf8'), { schema: CORE_SCHEMA })
    const content = checked(raw ?? {})
    const users = content.users?.map(({ name, user }) => ({
      name,
      user: user && withOwnPaths(user, dirname(file)),
    }))
    const config = new KubeConfig()
    // `kubectl config set-context` leaves contexts without a cluster, which do no harm.
    config.loadFromString(JSON.stringify({ ...content, users }), { onInvalidEntry: 'filter' })
    config.makePathsAbsolute(dirname(file))
    return config
  } catch (cause) {
    throw new KubernetesError(`kubeconfig ${file}: ${errorMessage(cause)}`, undefined, undefined, {
      cause,
    })
  }
}

function checked(raw: unknown): z.infer<typeof kubeConfigFile> {
  const { success, data, error } = kubeConfigFile.safeParse(raw, {
    error: ({ input }) => (input === undefined || input === null ? 'is missing' : undefined),
  })
  if (success) return data
  const [first] = error.issues
  const path = first?.path.filter((step) => typeof step !== 'symbol') ?? []
  throw new Error(`${pathText(path)} ${first?.message.replace(/^Invalid input: /, '')}`.trim())
}

/** `tokenFile` and a plug-in's command with a slash are relative to the kubeconfig. */
function withOwnPaths(user: z.infer<typeof userEntry>, folder: string): object {
  const { tokenFile, exec } = user
  return {
    ...user,
    ...(exec?.command.includes('/') && {
      exec: { ...exec, command: makeAbsolutePath(folder, exec.command) },
    }),
    // KubeConfig reads this file again every minute. It would prefer `token`; kubectl prefers the
    // file.
    ...(tokenFile && {
      token: undefined,
      'auth-provider': {
        name: 'tokenFile',
        config: { tokenFile: makeAbsolutePath(folder, tokenFile) },
      },
    }),
  }
}

/**
 * The plug-in protocol passes the cluster in KUBERNETES_EXEC_INFO, which KubeConfig does not set.
 */
function withExecInfo(user: User, cluster: Cluster): User {
  if (!user.exec) return user
  const exec = record(user.exec)
  const { skipTLSVerify, caData, server, tlsServerName, proxyUrl } = cluster
  const info = {
    server,
    ...(caData !== undefined && { 'certificate-authority-data': caData }),
    ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    ...(proxyUrl !== undefined && { 'proxy-url': proxyUrl }),
  }
  const spec = { interactive: false, ...(exec.provideClusterInfo === true && { cluster: info }) }
  const credential = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec }
  const env = [
    ...(Array.isArray(exec.env) ? exec.env : []),
    { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(credential) },
  ]
  return { ...user, exec: { ...exec, args: exec.args ?? [], env } }
}

/**
 * What KubeConfig adds to a request: for a plug-in, token, certificate, OpenID Connect or password.
 */
async function credentialsOf(config: KubeConfig): Promise<ClientCredentials> {
  const headers: Record<string, string> = {}
  const options: RequestOptions = { headers }
  await withTimeout(config.applyToHTTPSOptions(options))
  const { ca, cert, key, rejectUnauthorized, servername, auth } = options
  if (auth) headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`
  return {
    headers,
    tls: {
      ...(ca && { ca: pem(ca) }),
      ...(cert && { cert: pem(cert) }),
      ...(key && { key: pem(key) }),
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized === false && { rejectUnauthorized }),
    },
  }
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `the credential plug-in or identity provider did not respond within ${CREDENTIALS_TIMEOUT_MS / 1000} s`
    timer = setTimeout(() => reject(new Error(message)), CREDENTIALS_TIMEOUT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function pem(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString() : String(value)
}
