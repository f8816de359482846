export type Labels = Readonly<Record<string, string>>

/**
 * Alertmanager's fingerprint of a label set: 64-bit FNV-1a over the sorted names and values, each closed by the byte 0xff, in hex.
 * The algorithm is `LabelSet.Fingerprint` of github.com/prometheus/common/model.
 */
export function fingerprint(labels: Labels): string {
  let hash = 14695981039346656037n
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n)
  }
  for (const name of Object.keys(labels).sort()) {
    for (const byte of Buffer.from(name)) add(byte)
    add(255)
    for (const byte of Buffer.from(labels[name] ?? '')) add(byte)
    add(255)
  }
  return hash.toString(16).padStart(16, '0')
}

/** The same labels with their names in order, as every answer lists them. */
export const sorted = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
