import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici'
import type { Environment } from '../../config/environment.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { environmentProxy } from './environment-proxy.ts'

/** TLS towards the API server, as node:tls takes it. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Tls
}

/**
 * An API server on Node. All requests share the connections of one agent, which is replaced when the certificates change. `read` is asked before
 * each request, so that a renewed token or certificate is used at once; requests at the same time share one answer. `proxy` goes before the environment's.
 */
export function tlsApiServer(
  server: string,
  read: () => Promise<ClientCredentials>,
  environment: Environment,
  proxy?: string,
): ApiServer {
  if (!URL.canParse(server))
    throw new KubernetesError(
      `the API server's address ${server} is no URL such as https://10.0.0.1:6443`,
    )
  const through = proxy ?? environmentProxy(server, environment)
  let reading: Promise<ClientCredentials> | undefined
  let agent: { readonly of: string; readonly dispatcher: Dispatcher } | undefined
  const credentials = (): Promise<ClientCredentials> => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
  const dispatcherFor = (tls: Tls): Dispatcher => {
    const of = JSON.stringify(tls)
    if (agent?.of !== of) {
      void agent?.dispatcher.close()
      agent = {
        of,
        dispatcher:
          through === undefined
            ? new Agent({ connect: tls, allowH2: false })
            : proxyAgent(through, tls),
      }
    }
    return agent.dispatcher
  }
  return {
    server: server.replace(/\/+$/, ''),
    fetch: async (url, request) =>
      undiciFetch(url, { ...request, dispatcher: dispatcherFor((await credentials()).tls) }),
    headers: async () => (await credentials()).headers,
  }
}

function proxyAgent(uri: string, tls: Tls): Dispatcher {
  if (!/^(https?|socks5?):\/\//.test(uri))
    throw new Error(`proxy ${new URL(uri).protocol}// is not supported: use http, https or socks5`)
  return new ProxyAgent({ uri, requestTls: tls, allowH2: false })
}
