/** What is used of a `Response`: that of Node, of undici and of Workers all fit. */
export interface ApiResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

export interface Request {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
  readonly redirect: 'manual'
}

export type Fetch = (url: string, request: Request) => Promise<ApiResponse>

/** An API server, how to reach it and how to show who asks. */
export interface ApiServer {
  /** Base URL without a slash at its end. */
  readonly server: string
  readonly fetch: Fetch
  /** Asked before each request: tokens are renewed. */
  headers(): Promise<Readonly<Record<string, string>>>
}

/**
 * An API server that is reached with a token. On Workers `fetch` knows no private certificate authority: the server needs a public certificate,
 * or `fetch` is that of a binding.
 */
export function apiServerOf({
  url,
  token,
  fetch = (address, request) => globalThis.fetch(address, request),
}: {
  readonly url: string
  readonly token: string
  readonly fetch?: Fetch
}): ApiServer {
  const authorization = `Bearer ${token.trim()}`
  return { server: url.replace(/\/+$/, ''), fetch, headers: async () => ({ authorization }) }
}
