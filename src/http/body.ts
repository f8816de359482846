import { errorMessage } from '../words/error-message.ts'
export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

/** Reads a JSON body of at most `limit` bytes; a length that is not told beforehand is counted on the way. */
export async function readBody(request: Request, limit: number): Promise<JsonBody | 'too large'> {
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > limit) return 'too large'
  const bytes =
    announced === null ? await counted(request, limit) : new Uint8Array(await request.arrayBuffer())
  if (bytes === 'too large' || bytes.length > limit) return 'too large'
  const text = new TextDecoder().decode(bytes)
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return {
      ok: false,
      problem: `the body is not JSON: ${errorMessage(error)}`,
    }
  }
}

async function counted(request: Request, limit: number): Promise<Uint8Array | 'too large'> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body?.getReader()
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length
    if (size > limit) {
      await reader?.cancel()
      return 'too large'
    }
    chunks.push(next.value)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
