import {
  object,
  type Path,
  type Projection,
  record,
  required,
  ShapeError,
  text,
  textMap,
} from '../projection.ts'
import { parseDocuments, type SourceDocument, SyntaxProblem } from './documents.ts'

/**
 * A file is not a snapshot. The message is the file, the place in it, and what is wrong or missing.
 */
export class SnapshotError extends Error {
  readonly file: string
  /** `document 2, line 14, items[3].spec.taints[0].key`. Empty: the file as a whole. */
  readonly place: string
  constructor(file: string, place: string, problem: string, options?: ErrorOptions) {
    super([file, place, problem].filter((part) => part !== '').join(': '), options)
    this.name = 'SnapshotError'
    this.file = file
    this.place = place
  }
}

interface TypeMeta {
  readonly apiVersion: string
  readonly kind: string
}

/** One Kubernetes object of a file. */
export interface ListedObject extends TypeMeta {
  readonly value: unknown
  /** Projects `value`. Throws SnapshotError with the place of what is wrong. */
  read<T>(projection: Projection<T>): T | undefined
}

/** The contents of one file. */
export interface ListedObjects {
  readonly objects: readonly ListedObject[]
  /** The annotations of all Lists in the file, merged. */
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * The objects of a file: a single one, a `kind: List`, or a typed list such as `NodeList`, as the
 * API server returns it, whose items have no kind. Throws SnapshotError.
 */
export function listedObjects(source: string, file: string): ListedObjects {
  const documents = parsed(source, file)
  if (documents.length === 0) throw new SnapshotError(file, '', `is empty; ${EXPECTED}`)
  const annotations: Record<string, string> = {}
  const objects = documents.flatMap((document) => {
    const walker = new Walker(file, document)
    const found = walker.walk(document.value, [], undefined)
    Object.assign(annotations, walker.annotations)
    return found
  })
  return { objects, annotations }
}

const EXPECTED = 'expected a v1 List, as printed by kubectl get … -o yaml'

const identity = object<{ readonly name?: string; readonly namespace?: string }>({
  name: text,
  namespace: text,
})
const listMetadata = object<{ readonly annotations?: Readonly<Record<string, string>> }>({
  annotations: textMap,
})

/** Collects the objects of one document and the annotations of its Lists. */
class Walker {
  readonly annotations: Record<string, string> = {}
  readonly #file: string
  readonly #document: SourceDocument

  constructor(file: string, document: SourceDocument) {
    this.#file = file
    this.#document = document
  }

  /** `itemType` is the type that a typed list gives its items. */
  walk(value: unknown, path: Path, itemType: TypeMeta | undefined): readonly ListedObject[] {
    const raw = this.#located(path, () => record(value), EXPECTED)
    const kind = raw.kind ?? itemType?.kind
    const apiVersion = raw.apiVersion ?? itemType?.apiVersion
    if (typeof kind !== 'string') throw this.#error([...path, 'kind'], `is missing; ${EXPECTED}`)
    if (typeof apiVersion !== 'string')
      throw this.#error([...path, 'apiVersion'], `is missing for kind ${kind}`)
    if (!kind.endsWith('List')) return [this.#object(raw, { apiVersion, kind }, path)]
    const { items } = raw
    if (!Array.isArray(items)) {
      const problem = items === undefined || items === null ? 'is missing' : 'must be a list'
      throw this.#error([...path, 'items'], `${problem} in a ${kind}`)
    }
    Object.assign(
      this.annotations,
      this.#located([...path, 'metadata'], () => listMetadata(raw.metadata)?.annotations ?? {}),
    )
    const typeOfItems =
      kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) }
    return items.flatMap((item: unknown, index) =>
      this.walk(item, [...path, 'items', index], typeOfItems),
    )
  }

  #object(value: Readonly<Record<string, unknown>>, type: TypeMeta, path: Path): ListedObject {
    return {
      ...type,
      value,
      read: (projection) =>
        this.#located(
          path,
          () => projection(value),
          '',
          () => titled(type.kind, value),
        ),
    }
  }

  #located<T>(path: Path, read: () => T, expected = '', title: () => string = () => ''): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      const problem = [error.problem, expected].filter((part) => part !== '').join('; ')
      throw this.#error([...path, ...error.path], `${title()}${problem}`, { cause: error })
    }
  }

  #error(path: Path, problem: string, options?: ErrorOptions): SnapshotError {
    return new SnapshotError(this.#file, this.#document.at(path), problem, options)
  }
}

function parsed(source: string, file: string): readonly SourceDocument[] {
  try {
    return parseDocuments(source)
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    throw new SnapshotError(file, '', `${error.message}; ${EXPECTED}`, { cause: error })
  }
}

/** `Node worker-1: `, for files without line numbers. Empty if the object has no readable name. */
function titled(kind: string, value: Readonly<Record<string, unknown>>): string {
  try {
    const { name, namespace } = required(identity)(value.metadata)
    return name === undefined
      ? ''
      : `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}: `
  } catch {
    return ''
  }
}
