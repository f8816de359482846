import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect as connectTcp, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApiServer } from '../src/kubernetes/api-server.ts'
import { KubernetesError } from '../src/kubernetes/cluster.ts'
import { environmentProxy } from '../src/kubernetes/connect/environment-proxy.ts'
import {
  apiServerWithCa,
  type FindOptions,
  findApiServer,
} from '../src/kubernetes/connect/find-api-server.ts'
import { certificate, privateKey } from './kubernetes-certificate.ts'

/** What a server received. */
interface Seen {
  readonly authorization?: string
  readonly impersonate?: string
  /** Fingerprint of the client's certificate. */
  readonly client?: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const fingerprint = new X509Certificate(certificate).fingerprint256

let connections = 0
let tunnels: string[] = []
const https = createHttpsServer(
  { cert: certificate, key: privateKey, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const client = (request.socket as TLSSocket).getPeerCertificate()?.fingerprint256
    const seen: Seen = {
      ...(request.headers.authorization !== undefined && {
        authorization: request.headers.authorization,
      }),
      ...(request.headers['impersonate-user'] !== undefined && {
        impersonate: String(request.headers['impersonate-user']),
      }),
      ...(client !== undefined && { client }),
    }
    response.end(JSON.stringify(seen))
  },
)
const http = createHttpServer((request, response) =>
  response.end(JSON.stringify({ authorization: request.headers.authorization })),
)
const proxy = createHttpServer()

proxy.on('connect', (request, socket, head) => {
  tunnels.push(request.url ?? '')
  const [host, port] = (request.url ?? '').split(':')
  const upstream = connectTcp(Number(port), host, () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    upstream.write(head)
    upstream.pipe(socket).pipe(upstream)
  })
})

const servers: readonly (Server | TcpServer)[] = [https, http, proxy]
let folder = ''

beforeAll(async () => {
  https.on('secureConnection', () => connections++)
  for (const server of servers)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kube-config-'))
  connections = 0
  tunnels = []
})

afterEach(() => rmSync(folder, { recursive: true }))

function port(server: TcpServer): number {
  return (server.address() as AddressInfo).port
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

function server(): string {
  return `https://127.0.0.1:${port(https)}`
}

/** A kubeconfig of one context, `work`. */
function kubeconfig(user: object, cluster: object = {}, name = 'config'): string {
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'work',
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', namespace: 'x' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: server(),
          'certificate-authority-data': base64(certificate),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'u', user }],
  }
  return file(name, JSON.stringify(content))
}

/** Sends a request as the client does, with the credentials of the server. */
async function ask(target: ApiServer): Promise<Seen> {
  const signal = AbortSignal.timeout(5_000)
  const answer = await target.fetch(`${target.url}/`, {
    method: 'GET',
    headers: await target.headers(),
    signal,
    redirect: 'manual',
  })
  return JSON.parse(await answer.text()) as Seen
}

async function asked(options: FindOptions): Promise<Seen> {
  return ask(await findApiServer({ environment: {}, ...options }))
}

async function refusal(options: FindOptions): Promise<string> {
  const error = await findApiServer({ environment: {}, ...options }).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof KubernetesError))
    throw new Error('nothing was refused, or by something else', { cause: error })
  return error.message
}

describe('a kubeconfig', () => {
  it('sends its token to a server with a private CA, over shared connections', async () => {
    const target = await findApiServer({
      kubeconfig: kubeconfig({ token: 't1' }),
      environment: {},
    })
    for (let request = 0; request < 20; request++)
      expect(await ask(target)).toEqual({ authorization: 'Bearer t1' })
    // A connection is free again only a moment after its answer was read, so that there may be a
    // second one.
    expect(connections).toBeLessThanOrEqual(2)
  })

  it('sends a client certificate, from data or from a file next to it', async () => {
    const data = {
      'client-certificate-data': base64(certificate),
      'client-key-data': base64(privateKey),
    }
    expect(await asked({ kubeconfig: kubeconfig(data) })).toEqual({ client: fingerprint })
    mkdirSync(join(folder, 'certs'))
    file('certs/c.pem', certificate)
    file('certs/k.pem', privateKey)
    const files = { 'client-certificate': 'certs/c.pem', 'client-key': 'certs/k.pem' }
    const cluster = {
      'certificate-authority-data': undefined,
      'certificate-authority': 'certs/c.pem',
    }
    expect(await asked({ kubeconfig: kubeconfig(files, cluster) })).toEqual({ client: fingerprint })
  })

  it('prefers tokenFile to token, and sends a password and an impersonated user', async () => {
    file('token', 'from-file\n')
    expect(
      (await asked({ kubeconfig: kubeconfig({ tokenFile: 'token', token: 'fixed' }) }))
        .authorization,
    ).toMatch(/^Bearer from-file$/)
    expect(await asked({ kubeconfig: kubeconfig({ username: 'ann', password: 'pw' }) })).toEqual({
      authorization: `Basic ${base64('ann:pw')}`,
    })
    expect(await asked({ kubeconfig: kubeconfig({ token: 't', as: 'bob' }) })).toEqual({
      authorization: 'Bearer t',
      impersonate: 'bob',
    })
  })

  it('runs a credential plug-in and passes it the cluster', async () => {
    const script = file(
      'plugin',
      `#!/bin/sh\nexec "${process.execPath}" -e 'const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
console.log(JSON.stringify({ kind: "ExecCredential", status: { token: [process.env.FLAVOUR, info.apiVersion, info.spec.cluster.server].join(" ") } }))'\n`,
    )
    chmodSync(script, 0o755)
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin',
      env: [{ name: 'FLAVOUR', value: 'mint' }],
      provideClusterInfo: true,
    }
    expect(await asked({ kubeconfig: kubeconfig({ exec }) })).toEqual({
      authorization: `Bearer mint client.authentication.k8s.io/v1 ${server()}`,
    })
  })

  it('names a credential plug-in that does not exist', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plug-in' }
    await expect(asked({ kubeconfig: kubeconfig({ exec }) })).rejects.toThrow(/no-such-plug-in/)
  })

  it('trusts only its CA, unless verification is off', async () => {
    const system = { 'certificate-authority-data': undefined }
    const cause = asked({ kubeconfig: kubeconfig({}, system) }).catch((error: Error) =>
      Promise.reject(error.cause),
    )
    await expect(cause).rejects.toThrow(/self-signed certificate/)
    expect(
      await asked({
        kubeconfig: kubeconfig({ token: 't' }, { ...system, 'insecure-skip-tls-verify': true }),
      }),
    ).toEqual({
      authorization: 'Bearer t',
    })
  })

  it('accepts an http server', async () => {
    const cluster = {
      server: `http://127.0.0.1:${port(http)}/`,
      'certificate-authority-data': undefined,
    }
    expect(await asked({ kubeconfig: kubeconfig({ token: 't' }, cluster) })).toEqual({
      authorization: 'Bearer t',
    })
  })

  it('uses the proxy of its cluster', async () => {
    const cluster = { 'proxy-url': `http://127.0.0.1:${port(proxy)}` }
    expect(await asked({ kubeconfig: kubeconfig({ token: 't' }, cluster) })).toEqual({
      authorization: 'Bearer t',
    })
    expect(tunnels).toEqual([`127.0.0.1:${port(https)}`])
  })

  it('is the given one, or KUBECONFIG, or ~/.kube/config', async () => {
    mkdirSync(join(folder, '.kube'))
    kubeconfig({ token: 'home' }, {}, '.kube/config')
    const given = kubeconfig({ token: 'given' }, {}, 'given')
    const named = kubeconfig({ token: 'named' }, {}, 'named')
    const environment = { HOME: folder, KUBECONFIG: named }
    expect(await asked({ environment, kubeconfig: given })).toEqual({
      authorization: 'Bearer given',
    })
    expect(await asked({ environment })).toEqual({ authorization: 'Bearer named' })
    expect(await asked({ environment: { HOME: folder } })).toEqual({ authorization: 'Bearer home' })
  })

  it('may be several files: the first definition of a name counts, and missing files are skipped', async () => {
    const first = file(
      'first',
      JSON.stringify({
        contexts: [{ name: 'play', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: { token: 'first' } }],
      }),
    )
    const second = kubeconfig({ token: 'second' }, {}, 'second')
    const environment = { KUBECONFIG: [join(folder, 'absent'), first, second].join(delimiter) }
    expect(await asked({ environment })).toEqual({ authorization: 'Bearer first' })
    expect(await asked({ environment, context: 'play' })).toEqual({ authorization: 'Bearer first' })
  })
})

describe('a kubeconfig as kubectl config leaves it', () => {
  it('may be empty, beside another', async () => {
    const files = [file('empty', ''), kubeconfig({ token: 't' })]
    const environment = { KUBECONFIG: files.join(delimiter) }
    expect(await asked({ environment })).toEqual({ authorization: 'Bearer t' })
  })

  it('may hold another context without a cluster', async () => {
    const other = file('other', 'contexts: [{name: new, context: {cluster: "", user: ""}}]')
    const environment = { KUBECONFIG: [other, kubeconfig({ token: 't' })].join(delimiter) }
    expect(await asked({ environment })).toEqual({ authorization: 'Bearer t' })
  })
})

describe('a kubeconfig that cannot be used', () => {
  it('is refused with the contexts that it has', async () => {
    expect(await refusal({ kubeconfig: kubeconfig({}), context: 'other' })).toMatch(
      /config has no context other; it has work$/,
    )
    const none = file(
      'none',
      JSON.stringify({
        contexts: [
          { name: 'a', context: { cluster: 'c' } },
          { name: 'b', context: { cluster: 'c' } },
        ],
      }),
    )
    expect(await refusal({ kubeconfig: none })).toMatch(
      /none has no current context; choose one with --context or KUBE_CONTEXT: it has a, b$/,
    )
    expect(await refusal({ kubeconfig: none, context: 'a' })).toMatch(
      /none: context a refers to cluster c, which is missing$/,
    )
  })

  it('is refused if the file is missing or not a kubeconfig', async () => {
    expect(await refusal({ kubeconfig: join(folder, 'absent') })).toBe(
      `kubeconfig ${join(folder, 'absent')} does not exist`,
    )
    expect(await refusal({ kubeconfig: file('broken', 'contexts: [') })).toMatch(
      /^kubeconfig .*broken: /,
    )
    const wrong = file('wrong', 'clusters: [{name: c, cluster: {}}]')
    expect(await refusal({ kubeconfig: wrong })).toBe(
      `kubeconfig ${wrong}: clusters[0].cluster.server is missing`,
    )
    const typed = file('typed', 'clusters: [{name: c, cluster: {server: 7}}]')
    expect(await refusal({ kubeconfig: typed })).toBe(
      `kubeconfig ${typed}: clusters[0].cluster.server expected string, received number`,
    )
    const nowhere = { server: '10.0.0.1 6443' }
    expect(await refusal({ kubeconfig: kubeconfig({}, nowhere) })).toBe(
      "the API server's URL is not valid: 10.0.0.1 6443. It looks like https://10.0.0.1:6443",
    )
    expect(await refusal({ environment: { HOME: folder } })).toMatch(
      /^no kubeconfig: .* Set KUBECONFIG/,
    )
  })
})

describe('a pod', () => {
  function serviceAccount(token: string): string {
    file('token', token)
    file('ca.crt', certificate)
    return folder
  }

  const environment = (): Record<string, string> => ({
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port(https)),
  })

  it('uses its service account, and the new token after the kubelet rotated it', async () => {
    const target = await findApiServer({
      environment: environment(),
      serviceAccount: serviceAccount('old\n'),
    })
    expect(await ask(target)).toEqual({ authorization: 'Bearer old' })
    serviceAccount('new')
    expect(await ask(target)).toEqual({ authorization: 'Bearer new' })
  })

  it('prefers a kubeconfig, and needs one if a context is given', async () => {
    const kube = kubeconfig({ token: 'mine' })
    const both = {
      environment: { ...environment(), KUBECONFIG: kube },
      serviceAccount: serviceAccount('account'),
    }
    expect(await asked(both)).toEqual({ authorization: 'Bearer mine' })
    expect(
      await refusal({ environment: environment(), serviceAccount: folder, context: 'work' }),
    ).toMatch(/^no kubeconfig/)
  })
})

describe('a token', () => {
  it('is sent to a server with a private CA, given as PEM or in base64', async () => {
    const options = { url: `${server()}/`, token: 't\n', environment: {} }
    expect(await ask(apiServerWithCa({ ...options, ca: certificate }))).toEqual({
      authorization: 'Bearer t',
    })
    expect(await ask(apiServerWithCa({ ...options, ca: base64(certificate) }))).toEqual({
      authorization: 'Bearer t',
    })
  })
})

describe('the proxy from the environment', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'plain-proxy:3128' }

  it('depends on the scheme of the URL', () => {
    expect(environmentProxy('https://api.example.com:6443', environment)).toBe('http://proxy:3128')
    expect(environmentProxy('http://api.example.com', environment)).toBe('http://plain-proxy:3128')
    expect(environmentProxy('https://api.example.com', { https_proxy: 'http://small:1' })).toBe(
      'http://small:1',
    )
    expect(environmentProxy('https://api.example.com', {})).toBeUndefined()
  })

  it('is not used for loopback', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
      expect(environmentProxy(`https://${host}:6443`, environment)).toBeUndefined()
  })

  const exceptions: readonly (readonly [noProxy: string, address: string, excluded: boolean])[] = [
    ['10.0.0.0/8,.cluster.local', 'https://10.96.0.1:443', true],
    ['10.0.0.0/8,.cluster.local', 'https://11.96.0.1:443', false],
    ['fd00::/8', 'https://[fd00:10:96::1]:443', true],
    ['10.96.0.1', 'https://10.96.0.1', true],
    ['10.96.0.1', 'https://10.96.0.11', false],
    ['example.com', 'https://api.example.com', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://example.com', false],
    ['.Example.com', 'https://api.example.com', true],
    ['api.example.com:6443', 'https://api.example.com:6443', true],
    ['api.example.com:6443', 'https://api.example.com', false],
    [' * ', 'https://anything', true],
    ['', 'https://anything', false],
  ]
  for (const [noProxy, address, excluded] of exceptions) {
    it(`is ${excluded ? 'not used' : 'used'} for ${address} if NO_PROXY is "${noProxy}"`, () => {
      expect(environmentProxy(address, { ...environment, NO_PROXY: noProxy })).toBe(
        excluded ? undefined : 'http://proxy:3128',
      )
    })
  }
})
