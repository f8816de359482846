import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** The server answered with a status of 400 or more. */
export class ApiError extends Error {
  readonly status: number
  /** `reason` of the API's Status object, e.g. `Forbidden`, `Conflict`. */
  readonly reason: string | undefined
  constructor(message: string, status: number, reason: string | undefined) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
  }
}

/** The base URL of a JSON API, and how to authenticate there. */
export interface Endpoint {
  readonly url: string
  /** PEM. Without it, the system's certificate authorities, or plain HTTP. */
  readonly ca?: string | undefined
  readonly token?: string | undefined
}

/**
 * Sends one request to a JSON API and returns the parsed body, or the text if it is not JSON.
 * `token` replaces the client's own token. Throws ApiError for a status of 400 or more, and Node's
 * error if no answer comes within 30 s.
 */
export type Request = <T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
  token?: string,
) => Promise<T>

/** Patch types of the Kubernetes API. */
export const JSON_PATCH = 'application/json-patch+json'
/** The content type of a JSON merge patch (RFC 7386): lists are replaced, null removes a field. */
export const MERGE_PATCH = 'application/merge-patch+json'

/** A client for a JSON API, with at most 32 connections. */
export function apiClient({ url, ca, token: ownToken }: Endpoint): Request {
  const secure = url.startsWith('https:')
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 32, ca })
    : new HttpAgent({ keepAlive: true, maxSockets: 32 })
  return <T>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    token = ownToken,
  ) =>
    new Promise<T>((resolve, reject) => {
      const headers: Record<string, string> = { accept: 'application/json' }
      if (token !== undefined) headers.authorization = `Bearer ${token}`
      if (body !== undefined) headers['content-type'] = contentType
      const outgoing = (secure ? httpsRequest : httpRequest)(
        new URL(path, url),
        { method, headers, agent, timeout: 30_000 },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
          response.on('end', () => {
            const answer = parse(Buffer.concat(chunks).toString())
            const status = response.statusCode ?? 0
            if (status < 400) return resolve(answer as T)
            const { message, reason } = (
              typeof answer === 'object' && answer !== null ? answer : { message: answer }
            ) as Record<string, string>
            reject(new ApiError(`${method} ${path}: ${status} ${message ?? ''}`, status, reason))
          })
        },
      )
      outgoing
        .on('timeout', () =>
          outgoing.destroy(new Error(`${method} ${path}: no answer within 30 s`)),
        )
        .on('error', reject)
      outgoing.end(
        body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      )
    })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
