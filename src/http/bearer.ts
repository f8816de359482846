interface Seal {
  readonly key: CryptoKey
  readonly signature: ArrayBuffer
}

/**
 * Compares what was given with the secret in a time that tells nothing of either: both go through an HMAC under a key that is made here, and
 * WebCrypto compares those.
 */
export function sameSecret(secret: string): (given: string) => Promise<boolean> {
  const encoder = new TextEncoder()
  // The value is kept and not its promise: a Worker must not wait in one request for what another has begun.
  let seal: Seal | undefined
  return async (given) => {
    seal ??= await sealOf(encoder.encode(secret))
    return crypto.subtle.verify('HMAC', seal.key, seal.signature, encoder.encode(given))
  }
}

async function sealOf(secret: Uint8Array<ArrayBuffer>): Promise<Seal> {
  const random = crypto.getRandomValues(new Uint8Array(32))
  const key = await crypto.subtle.importKey(
    'raw',
    random,
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  )
  return { key, signature: await crypto.subtle.sign('HMAC', key, secret) }
}
