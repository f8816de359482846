import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Cluster, Context, User } from '@kubernetes/client-node'
import { CORE_SCHEMA, load } from 'js-yaml'
import { KubernetesError } from './cluster.ts'
import { flag, list, object, type Projection, record, required, text } from './project.ts'

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

function readKubeConfig(file: string): KubeConfigContent {
  const path: Projection<string> = (value) => {
    const given = text(value)
    return given === undefined || given === '' || isAbsolute(given) ? given || undefined : join(dirname(file), given)
  }
  try {
    const raw = record(load(readFileSync(file, 'utf8'), { schema: CORE_SCHEMA }))
    return {
      current: text(raw['current-context']) || undefined,
      contexts: list(context)(raw.contexts) ?? [],
      clusters: list(clusterOf(path))(raw.clusters) ?? [],
      users: list(userOf(path))(raw.users) ?? [],
    }
  } catch (cause) {
    throw new KubernetesError(
      `kubeconfig ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      undefined,
      undefined,
      { cause },
    )
  }
}

const name = required(text)

const context: Projection<Context> = (value) => {
  const raw = record(value)
  const fields = object<{ readonly cluster: string; readonly user?: string }>({ cluster: required(text), user: text })
  const { cluster, user = '' } = required(fields)(raw.context)
  return { name: name(raw.name), cluster, user }
}

function clusterOf(path: Projection<string>): Projection<Cluster> {
  return (value) => {
    const raw = record(value)
    const fields = record(raw.cluster)
    return {
      name: name(raw.name),
      server: required(text)(fields.server),
      skipTLSVerify: flag(fields['insecure-skip-tls-verify']) ?? false,
      caData: text(fields['certificate-authority-data']),
      caFile: path(fields['certificate-authority']),
      tlsServerName: text(fields['tls-server-name']),
      proxyUrl: text(fields['proxy-url']),
    }
  }
}

function userOf(path: Projection<string>): Projection<User> {
  return (value) => {
    const raw = record(value)
    const fields = record(raw.user ?? {})
    const tokenFile = path(fields.tokenFile)
    return {
      name: name(raw.name),
      certData: text(fields['client-certificate-data']),
      certFile: path(fields['client-certificate']),
      keyData: text(fields['client-key-data']),
      keyFile: path(fields['client-key']),
      // KubeConfig would give a fixed token the last word; to kubectl the file goes first.
      token: tokenFile === undefined ? text(fields.token) : undefined,
      username: text(fields.username),
      password: text(fields.password),
      impersonateUser: text(fields.as),
      exec: execOf(fields.exec, path),
      // This is KubeConfig's own way to read a token's file, anew each minute.
      authProvider:
        tokenFile === undefined ? (fields['auth-provider'] ?? undefined) : { name: 'tokenFile', config: { tokenFile } },
    }
  }
}

/** A plug-in's command with a slash is looked for beside the kubeconfig, one without in PATH. */
function execOf(value: unknown, path: Projection<string>): object | undefined {
  if (value === undefined || value === null) return undefined
  const exec = record(value)
  const command = required(text)(exec.command)
  return { ...exec, command: command.includes('/') ? path(command) : command, args: exec.args ?? [], env: exec.env ?? [] }
}
