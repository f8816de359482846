import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { apiClient } from '../src/kubernetes/api-client.ts'
import { type ApiServer, apiServerByToken } from '../src/kubernetes/api-server.ts'
import { nodeMessage, podMessage } from '../src/kubernetes/protobuf/messages.ts'
import { PROTOBUF, readProtobufList } from '../src/kubernetes/protobuf/read-list.ts'
import { reducePod } from '../src/kubernetes/snapshot/reduce.ts'

/** A field with bytes: a string, or the fields of a message. */
function field(number: number, value: string | readonly Uint8Array[]): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.concat(value)
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function numeric(number: number, value: number | bigint): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)])
}

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

const MAGIC = Buffer.from('k8s\0')

/** A response of the API server around the fields of a list or of a Status. */
function response(...fields: readonly Uint8Array[]): Uint8Array {
  const type = field(1, [field(1, 'v1'), field(2, 'PodList')])
  return Buffer.concat([MAGIC, type, field(2, fields), field(3, ''), field(4, '')])
}

/** The bytes in chunks of a size. */
function stream(bytes: Uint8Array, size = bytes.length): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
      controller.close()
    },
  })
}

async function pods(bytes: Uint8Array, size?: number) {
  const items: unknown[] = []
  const next = await readProtobufList(stream(bytes, size), podMessage, (item) => items.push(item))
  return { items, next }
}

const namedPod = (name: string, ...more: readonly Uint8Array[]) =>
  field(2, [field(1, [field(1, name), field(3, '')]), ...more])

it('reads a list from chunks of any size', async () => {
  const bytes = response(
    field(1, [field(2, '17'), field(3, 'token'), numeric(4, 12)]),
    namedPod('a'),
    namedPod('ä'.repeat(300)),
    field(9, 'of a later version'),
  )
  for (const size of [1, 2, 7, 100, 10_000]) {
    expect(await pods(bytes, size)).toEqual({
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'ä'.repeat(300) } }],
      next: 'token',
    })
  }
  expect(await pods(response(field(1, [])))).toEqual({ items: [], next: undefined })
})

it('gives every value the form that it has in JSON', async () => {
  const spec = field(2, [
    numeric(4, 0),
    field(7, [field(1, 'zone'), field(2, '')]),
    numeric(11, 1),
    field(22, [field(1, ''), field(2, 'Exists'), numeric(5, -1)]),
    field(22, [field(1, 'k'), numeric(5, 9_223_372_036_854_775_807n)]),
    // Fields that nobody reads, of every wire type.
    numeric(98, 1),
    Buffer.concat([varint(99 * 8 + 1), new Uint8Array(8)]),
    Buffer.concat([varint(99 * 8 + 5), new Uint8Array(4)]),
    field(99, [numeric(1, 1)]),
    field(1, [field(1, 'host'), field(2, [field(1, [field(1, '/var')])])]),
    field(2, [
      field(1, ''),
      field(8, [field(2, [field(1, 'cpu'), field(2, [field(1, '1500m')])])]),
    ]),
  ])
  const metadata = field(1, [
    field(1, 'p'),
    field(8, [numeric(1, 1_764_000_000), numeric(2, 0)]),
    field(9, []),
    field(12, [field(1, 'a'), field(2, 'b')]),
    field(17, [field(1, 'kubelet'), field(7, [field(1, '{"f:status":{"f:phase":{}}}')])]),
    field(17, [field(1, 'kubectl'), field(7, [field(1, '{"f:metadata":{"f:labels":{}}}')])]),
  ])
  const { items } = await pods(response(field(2, [metadata, spec, field(3, [])])))
  expect(items).toEqual([
    {
      metadata: {
        name: 'p',
        creationTimestamp: '2025-11-24T16:00:00Z',
        annotations: { a: 'b' },
        managedFields: [
          { manager: 'kubelet' },
          { manager: 'kubectl', fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
        ],
      },
      spec: {
        terminationGracePeriodSeconds: 0,
        nodeSelector: { zone: '' },
        hostNetwork: true,
        tolerations: [
          { operator: 'Exists', tolerationSeconds: -1 },
          { key: 'k', tolerationSeconds: JSON.parse('9223372036854775807') },
        ],
        volumes: [{ name: 'host', hostPath: { path: '/var' } }],
        containers: [{ name: '', resources: { requests: { cpu: '1500m' } } }],
      },
      status: {},
    },
  ])
})

it('says what is wrong with bytes that are no such list', async () => {
  const good = response(namedPod('a'), namedPod('b'))
  for (let length = 0; length < good.length - 4; length++) {
    await expect(pods(good.slice(0, length)), `${length} bytes`).rejects.toThrow(/cut off/)
  }
  const wrong: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['JSON', Buffer.from('{"items":[]}'), /not protobuf/],
    [
      'a length beyond its message',
      response(field(2, [varint(10), varint(100)])),
      /metadata: a field of 100 bytes is longer than its message/,
    ],
    [
      'a length that is negative',
      response(field(2, [varint(10), varint(-1)])),
      /metadata: a field of -1 bytes/,
    ],
    [
      'a field of another type',
      response(field(2, [numeric(1, 7)])),
      /metadata: has wire type 0, not 2/,
    ],
    ['a group', response(field(2, [varint(99 * 8 + 3)])), /wire type 3/],
    ['a skipped field that goes on', response(field(2, [varint(99 * 8 + 1)])), /longer/],
    ['a number without an end', response(field(2, [new Uint8Array(30).fill(0xff)])), /ten bytes/],
    [
      'an object of 4 GB',
      Buffer.concat([MAGIC, varint(18), varint(2 ** 33), varint(18), varint(2 ** 32)]),
      /4294967296 bytes/,
    ],
    [
      'a time that is none',
      response(field(2, [field(1, [field(8, [numeric(1, 2n ** 60n)])])])),
      /creationTimestamp: .* is no time/,
    ],
    [
      'managed fields that are no JSON',
      response(field(2, [field(1, [field(17, [field(7, [field(1, '{')])])])])),
      /managedFields: fieldsV1: is not JSON/,
    ],
  ]
  for (const [what, bytes, problem] of wrong)
    await expect(pods(bytes), what).rejects.toThrow(problem)
  let deep: Uint8Array = new Uint8Array(0)
  for (let depth = 0; depth < 5_000; depth++) deep = field(2, [deep])
  await expect(pods(response(deep))).resolves.toBeDefined()
})

it('survives random bytes with an error or with a list', async () => {
  const good = response(
    namedPod('a', field(2, [field(10, 'node')])),
    field(2, [field(3, [field(4, [field(1, 'Ready'), field(3, [numeric(1, 5)])])])]),
  )
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const bytes = Uint8Array.from(good)
      bytes[at] = value
      for (const item of [podMessage, nodeMessage]) {
        const problem = await readProtobufList(stream(bytes), item, () => undefined).catch(
          (error: unknown) => error,
        )
        if (problem instanceof Error) expect(problem.name).toBe('ProtobufError')
      }
    }
  }
})

const servers: { close(): void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A client of a server that sends these bytes. */
async function clientOf(bytes: Uint8Array, status = 200) {
  const accepted: (string | undefined)[] = []
  const server = createServer((request, answer) => {
    accepted.push(request.headers.accept)
    answer.writeHead(status, { 'content-type': `${PROTOBUF}` }).end(bytes)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = apiClient(apiServerByToken({ url, token: 't' }), { pageMs: 5_000, callMs: 5_000 })
  return { client, accepted }
}

const how = { reduce: reducePod, protobuf: podMessage }

it('asks for protobuf, and reads JSON of a server that has no other', async () => {
  const { client, accepted } = await clientOf(response(namedPod('a')))
  expect(await client.list('/api/v1/pods', how)).toEqual({
    items: [{ metadata: { name: 'a' } }],
    complete: true,
  })
  expect(accepted).toEqual(['application/vnd.kubernetes.protobuf, application/json'])
})

it('names what the API server refused, in protobuf', async () => {
  const words = response(field(2, 'Failure'), field(3, 'pods is forbidden'), field(4, 'Forbidden'))
  const { client } = await clientOf(words, 403)
  await expect(client.list('/api/v1/pods', how)).rejects.toMatchObject({
    message: 'GET /api/v1/pods: 403 Forbidden: pods is forbidden',
    status: 403,
  })
})

it('says that a list is cut off or holds something else', async () => {
  const whole = response(namedPod('a'), namedPod('b'))
  const cut = await clientOf(whole.slice(0, 30))
  await expect(cut.client.list('/api/v1/pods', how)).rejects.toThrow(
    'GET /api/v1/pods: the response is not a Kubernetes list: the response is cut off',
  )
  const nameless = await clientOf(response(field(2, [field(1, [])])))
  await expect(nameless.client.list('/api/v1/pods', how)).rejects.toThrow(
    'the response is not a Kubernetes list: metadata.name is missing',
  )
})

it('waits for a slow list as long as more of it comes, and no longer', async () => {
  const bytes = response(...Array.from({ length: 20 }, (_, index) => namedPod(`p-${index}`)))
  const slow = (parts: number): ApiServer => ({
    url: 'http://cluster',
    headers: async () => ({}),
    fetch: async (_, { signal }) => {
      let at = 0
      const body = new ReadableStream<Uint8Array>({
        start: (controller) =>
          signal.addEventListener('abort', () => controller.error(signal.reason)),
        async pull(controller) {
          if (at >= parts) return new Promise(() => undefined)
          await new Promise((resolve) => setTimeout(resolve, 30))
          const size = Math.ceil(bytes.length / 10)
          controller.enqueue(bytes.slice(at * size, ++at * size))
          if (at === 10) controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': PROTOBUF } })
    },
  })
  const timeouts = { pageMs: 150, callMs: 150 }
  const { items } = await apiClient(slow(10), timeouts).list('/api/v1/pods', how)
  expect(items).toHaveLength(20)
  await expect(apiClient(slow(5), timeouts).list('/api/v1/pods', how)).rejects.toThrow(
    'GET /api/v1/pods: no complete response from http://cluster within 0.15 s',
  )
})
