import { BlockList, isIP } from 'node:net'
import type { Environment } from '../../config/environment.ts'

/**
 * The proxy for this URL by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, with the rules of kubectl
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy). undefined: none. Loopback never uses a
 * proxy.
 *
 * Why not undici's EnvHttpProxyAgent or NODE_USE_ENV_PROXY: their NO_PROXY knows no networks such
 * as `10.0.0.0/8`, which is how an API server is usually excluded, and `.example.com` matches
 * `example.com` too.
 */
export function environmentProxy(address: string, environment: Environment): string | undefined {
  const url = new URL(address)
  const names =
    url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy']
  const proxy = names.map((name) => environment[name]).find(Boolean)
  if (proxy === undefined || isExcluded(url, environment.NO_PROXY || environment.no_proxy || ''))
    return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isExcluded(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  if (host === 'localhost' || contains('127.0.0.0/8', host) || host === '::1') return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && excludes(entry, host, port))
}

function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return contains(entry, host)
  const [, name = entry, only] =
    /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? []
  if (only !== undefined && only !== port) return false
  if (isIP(name)) return name === host
  const domain = name.replace(/^\*?\./, '')
  return host.endsWith(`.${domain}`) || (host === domain && !/^\*?\./.test(name))
}

function contains(network: string, host: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  const family = isIP(base)
  if (
    family === 0 ||
    family !== isIP(host) ||
    !/^\d+$/.test(bits) ||
    Number(bits) > (family === 4 ? 32 : 128)
  )
    return false
  const list = new BlockList()
  list.addSubnet(base, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
