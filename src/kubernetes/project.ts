/**
 * Takes from a raw JSON value what is kept of it. undefined: absent or null, which the Kubernetes API holds for the same.
 * Throws ShapeError where the value is of another type than the API gives it.
 */
export type Projection<T> = (value: unknown) => T | undefined

/** A projection for each field; fields without one are dropped. */
export type Fields<T> = { readonly [K in keyof T]-?: Projection<Exclude<T[K], undefined>> }

/** A value of the wrong type or a missing one, with its path below the object that was read. */
export class ShapeError extends Error {
  /** Keys and list positions, outermost first. */
  readonly path: readonly (string | number)[]
  /** What is wrong, without the place, e.g. `is missing`. */
  readonly problem: string
  constructor(problem: string, path: readonly (string | number)[] = []) {
    super(path.length === 0 ? problem : `${pathText(path)} ${problem}`)
    this.name = 'ShapeError'
    this.problem = problem
    this.path = path
  }
}

/** `spec.taints[0].key`, `metadata.labels["app.kubernetes.io/name"]`. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

export const text: Projection<string> = (value) => {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  throw new ShapeError(`must be a string, not ${described(value)}`)
}

export const number: Projection<number> = (value) => {
  if (typeof value === 'number') return value
  if (value === undefined || value === null) return undefined
  throw new ShapeError(`must be a number, not ${described(value)}`)
}

export const flag: Projection<boolean> = (value) => {
  if (typeof value === 'boolean') return value
  if (value === undefined || value === null) return undefined
  throw new ShapeError(`must be true or false, not ${described(value)}`)
}

/** The API's IntOrString, e.g. `1` or `10%`. */
export const intOrString: Projection<number | string> = (value) =>
  typeof value === 'number' ? value : text(value)

/** A string map such as labels; a null value is the empty string, as the API server reads it. */
export const textMap: Projection<Readonly<Record<string, string>>> = (value) =>
  mapOf(value, (one) => text(one) ?? '')

/** A resource list: the API takes `cpu: 4` for `cpu: "4"`. */
export const quantityMap: Projection<Readonly<Record<string, string>>> = (value) =>
  mapOf(value, (one) => (typeof one === 'number' ? String(one) : (text(one) ?? '')))

/** Every item of a list; items that the projection drops are left out. */
export function list<T>(item: Projection<T>): Projection<readonly T[]> {
  return (value) => {
    if (value === undefined || value === null) return undefined
    if (!Array.isArray(value)) throw new ShapeError(`must be a list, not ${described(value)}`)
    const kept: T[] = []
    for (let index = 0; index < value.length; index++) {
      const one = within(index, item, value[index])
      if (one !== undefined) kept.push(one)
    }
    return kept
  }
}

/** The named fields of an object, those that are there. */
export function object<T extends object>(fields: Fields<T>): Projection<T> {
  const entries = Object.entries<Projection<unknown>>(fields)
  return (value) => {
    if (value === undefined || value === null) return undefined
    const raw = record(value)
    const kept: Record<string, unknown> = {}
    for (const [key, project] of entries) {
      const one = within(key, project, raw[key])
      if (one !== undefined) kept[key] = one
    }
    return kept as T
  }
}

/** A field that the API always has. */
export function required<T>(projection: Projection<T>): (value: unknown) => T {
  return (value) => {
    const kept = projection(value)
    if (kept === undefined) throw new ShapeError('is missing')
    return kept
  }
}

/** The value as an object whose fields are not known. Throws ShapeError for anything else. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new ShapeError(
    value === undefined || value === null
      ? 'is missing'
      : `must be an object, not ${described(value)}`,
  )
}

function mapOf(
  value: unknown,
  project: (one: unknown) => string,
): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  const raw = record(value)
  const kept: Record<string, string> = {}
  for (const key of Object.keys(raw)) kept[key] = within(key, project, raw[key])
  return kept
}

function within<T>(step: string | number, project: (value: unknown) => T, value: unknown): T {
  try {
    return project(value)
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(error.problem, [step, ...error.path]) : error
  }
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return `the ${typeof value} ${String(value)}`
}
