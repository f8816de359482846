/** One interaction as it went to the app. */
export interface Delivery {
  readonly payload: Readonly<Record<string, unknown>>
  readonly via: 'http' | 'socket'
  /** Over HTTP: the very bytes and headers. */
  readonly request?: SignedRequest
  readonly ack: Ack
}
/** How the app took an interaction. */
export interface Ack {
  /** In time, with status 200. */
  readonly ok: boolean
  /** Milliseconds until the answer, or until nobody waited any longer. */
  readonly ms: number
  /** Missing over Socket Mode and where no answer came. */
  readonly status?: number
  /** The answer: text of the HTTP response, or JSON of the Socket Mode one. */
  readonly body: string
  /** Why it was not ok. */
  readonly because?: string
}
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
