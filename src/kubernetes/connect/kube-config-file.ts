import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Cluster, Context, User } from '@kubernetes/client-node'
import { CORE_SCHEMA, load } from 'js-yaml'
import { errorMessage } from '../../words/error-message.ts'
import { KubernetesError } from '../cluster.ts'
import { flag, list, object, type Projection, record, required, text } from '../project.ts'

/** What kubeconfigs hold, each file's own paths made absolute. */
export interface KubeConfigContent {
  readonly current: string | undefined
  readonly contexts: readonly Context[]
  readonly clusters: readonly Cluster[]
  readonly users: readonly User[]
}

/** Several kubeconfigs as one: of two entries with one name the first counts, and the first current context, as with kubectl. Throws KubernetesError. */
export function readKubeConfigs(files: readonly string[]): KubeConfigContent {
  const contents = files.map(readKubeConfig)
  return {
    current: contents.map(({ current }) => current).find(Boolean),
    contexts: contents.flatMap(({ contexts }) => contexts),
    clusters: contents.flatMap(({ clusters }) => clusters),
    users: contents.flatMap(({ users }) => users),
  }
}

interface RawConfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly {
    readonly name: string
    readonly context: { readonly cluster: string; readonly user?: string }
  }[]
  readonly clusters?: readonly { readonly name: string; readonly cluster: RawCluster }[]
  readonly users?: readonly { readonly name: string; readonly user?: RawUser }[]
}

interface RawCluster {
  readonly server: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'certificate-authority-data'?: string
  readonly 'certificate-authority'?: string
  readonly 'tls-server-name'?: string
  readonly 'proxy-url'?: string
}

interface RawUser {
  readonly 'client-certificate-data'?: string
  readonly 'client-certificate'?: string
  readonly 'client-key-data'?: string
  readonly 'client-key'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly as?: string
  readonly exec?: Readonly<Record<string, unknown>>
  readonly 'auth-provider'?: Readonly<Record<string, unknown>>
}

function readKubeConfig(file: string): KubeConfigContent {
  try {
    const path = pathBeside(file)
    const raw = configOf(path)(load(readFileSync(file, 'utf8'), { schema: CORE_SCHEMA })) ?? {}
    return {
      current: raw['current-context'] || undefined,
      contexts: (raw.contexts ?? []).map(({ name, context: { cluster, user = '' } }) => ({
        name,
        cluster,
        user,
      })),
      clusters: (raw.clusters ?? []).map(({ name, cluster }) => clusterOf(name, cluster)),
      users: (raw.users ?? []).map(({ name, user = {} }) => userOf(name, user)),
    }
  } catch (cause) {
    throw new KubernetesError(`kubeconfig ${file}: ${errorMessage(cause)}`, undefined, undefined, {
      cause,
    })
  }
}

function pathBeside(file: string): Projection<string> {
  return (value) => {
    const given = text(value) || undefined
    return given === undefined || isAbsolute(given) ? given : join(dirname(file), given)
  }
}

const anything: Projection<Readonly<Record<string, unknown>>> = (value) =>
  value === undefined || value === null ? undefined : record(value)

function configOf(path: Projection<string>): Projection<RawConfig> {
  const cluster = object<RawCluster>({
    server: required(text),
    'insecure-skip-tls-verify': flag,
    'certificate-authority-data': text,
    'certificate-authority': path,
    'tls-server-name': text,
    'proxy-url': text,
  })
  const user = object<RawUser>({
    'client-certificate-data': text,
    'client-certificate': path,
    'client-key-data': text,
    'client-key': path,
    token: text,
    tokenFile: path,
    username: text,
    password: text,
    as: text,
    exec: (value) => execOf(anything(value), path),
    'auth-provider': anything,
  })
  const context = object<{ readonly cluster: string; readonly user?: string }>({
    cluster: required(text),
    user: text,
  })
  return object<RawConfig>({
    'current-context': text,
    contexts: list(
      object<{ name: string; context: { cluster: string; user?: string } }>({
        name: required(text),
        context: required(context),
      }),
    ),
    clusters: list(
      object<{ name: string; cluster: RawCluster }>({
        name: required(text),
        cluster: required(cluster),
      }),
    ),
    users: list(object<{ name: string; user?: RawUser }>({ name: required(text), user })),
  })
}

function clusterOf(name: string, raw: RawCluster): Cluster {
  return {
    name,
    server: raw.server,
    skipTLSVerify: raw['insecure-skip-tls-verify'] ?? false,
    caData: raw['certificate-authority-data'],
    caFile: raw['certificate-authority'],
    tlsServerName: raw['tls-server-name'],
    proxyUrl: raw['proxy-url'],
  }
}

function userOf(name: string, raw: RawUser): User {
  const { tokenFile } = raw
  return {
    name,
    certData: raw['client-certificate-data'],
    certFile: raw['client-certificate'],
    keyData: raw['client-key-data'],
    keyFile: raw['client-key'],
    // KubeConfig would give a fixed token the last word; to kubectl the file goes first.
    token: tokenFile === undefined ? raw.token : undefined,
    username: raw.username,
    password: raw.password,
    impersonateUser: raw.as,
    exec: raw.exec,
    // This is KubeConfig's own way to read a token's file, anew each minute.
    authProvider:
      tokenFile === undefined ? raw['auth-provider'] : { name: 'tokenFile', config: { tokenFile } },
  }
}

/** A plug-in's command with a slash is looked for beside the kubeconfig, one without in PATH. */
function execOf(
  exec: Readonly<Record<string, unknown>> | undefined,
  path: Projection<string>,
): Readonly<Record<string, unknown>> | undefined {
  if (exec === undefined) return undefined
  const command = required(text)(exec.command)
  return {
    ...exec,
    command: command.includes('/') ? path(command) : command,
    args: exec.args ?? [],
    env: exec.env ?? [],
  }
}
