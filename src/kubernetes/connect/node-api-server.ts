import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici'
import type { Environment } from '../../config/environment.ts'
import type { ApiServer } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { environmentProxy } from './environment-proxy.ts'

/** Options of node:tls for the connection to the API server. Certificates and keys are PEM. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/** Credentials for one request: a token is a header, a client certificate is in `tls`. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Tls
}

/**
 * An API server on Node, with a private certificate authority, a client certificate or a proxy.
 * `read` is called before each request, so that a rotated token or certificate is used at once;
 * parallel requests share one call. All requests share the connections of one agent, which is
 * replaced if `tls` changes. `proxy` takes precedence over the environment's. Throws
 * KubernetesError.
 */
export function nodeApiServer(
  url: string,
  read: () => Promise<ClientCredentials>,
  environment: Environment,
  proxy?: string,
): ApiServer {
  if (!URL.canParse(url))
    throw new KubernetesError(
      `the API server's URL is not valid: ${url}. It looks like https://10.0.0.1:6443`,
    )
  const through = proxy ?? environmentProxy(url, environment)
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
    url: url.replace(/\/+$/, ''),
    fetch: async (address, request) =>
      undiciFetch(address, { ...request, dispatcher: dispatcherFor((await credentials()).tls) }),
    headers: async () => (await credentials()).headers,
  }
}

function proxyAgent(uri: string, tls: Tls): Dispatcher {
  if (!/^(https?|socks5?):\/\//.test(uri))
    throw new Error(`proxy ${new URL(uri).protocol}// is not supported. Use http, https or socks5`)
  return new ProxyAgent({ uri, requestTls: tls, allowH2: false })
}
