import { object, type Projection, record, required, ShapeError, text, textMap } from '../project.ts'
import { parseDocuments, type SourceDocument, SyntaxProblem } from './documents.ts'

/** A file is not a snapshot; the message names the file, the place in it and what is wrong or missing. */
export class SnapshotError extends Error {
  readonly file: string
  /** e.g. `document 2, line 14, items[3].spec.taints[0].key`; empty where it is the file as a whole. */
  readonly place: string
  constructor(file: string, place: string, problem: string, options?: ErrorOptions) {
    super([file, place, problem].filter((part) => part !== '').join(': '), options)
    this.name = 'SnapshotError'
    this.file = file
    this.place = place
  }
}

/** One Kubernetes object of a file. */
export interface ListedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly value: unknown
  /** Takes from the object what is kept of it. Throws SnapshotError with the place of what is wrong. */
  read<T>(projection: Projection<T>): T | undefined
}

export interface ListedObjects {
  readonly objects: readonly ListedObject[]
  /** Of all Lists of the file together. */
  readonly annotations: Readonly<Record<string, string>>
}

/** An object alone, or a list of them: `kind: List`, or `NodeList` as the API itself prints it, whose items bear no kind. Throws SnapshotError. */
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

const EXPECTED = 'expected a v1 List, as kubectl get … -o yaml prints it'

const identity = object<{ readonly name?: string; readonly namespace?: string }>({
  name: text,
  namespace: text,
})
const listMetadata = object<{ readonly annotations?: Readonly<Record<string, string>> }>({
  annotations: textMap,
})

type Path = readonly (string | number)[]

/** Goes through one document. */
class Walker {
  readonly annotations: Record<string, string> = {}
  readonly #file: string
  readonly #document: SourceDocument

  constructor(file: string, document: SourceDocument) {
    this.#file = file
    this.#document = document
  }

  walk(
    value: unknown,
    path: Path,
    listed: { readonly apiVersion: string; readonly kind: string } | undefined,
  ): readonly ListedObject[] {
    const raw = this.#at(path, () => record(value), EXPECTED)
    const kind = raw.kind ?? listed?.kind
    const apiVersion = raw.apiVersion ?? listed?.apiVersion
    if (typeof kind !== 'string') throw this.#error([...path, 'kind'], `is missing; ${EXPECTED}`)
    if (typeof apiVersion !== 'string')
      throw this.#error([...path, 'apiVersion'], `is missing beside kind ${kind}`)
    if (!kind.endsWith('List')) return [this.#object(raw, { apiVersion, kind }, path)]
    const { items } = raw
    if (!Array.isArray(items))
      throw this.#error(
        [...path, 'items'],
        `is ${items === undefined || items === null ? 'missing' : 'no list'} in a ${kind}`,
      )
    Object.assign(
      this.annotations,
      this.#at([...path, 'metadata'], () => listMetadata(raw.metadata)?.annotations ?? {}),
    )
    const ofItems =
      kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) }
    return items.flatMap((item: unknown, index) =>
      this.walk(item, [...path, 'items', index], ofItems),
    )
  }

  #object(
    value: Readonly<Record<string, unknown>>,
    type: { readonly apiVersion: string; readonly kind: string },
    path: Path,
  ): ListedObject {
    return {
      ...type,
      value,
      read: (projection) =>
        this.#at(
          path,
          () => projection(value),
          '',
          () => named(type.kind, value),
        ),
    }
  }

  #at<T>(path: Path, read: () => T, expected = '', subject: () => string = () => ''): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      const problem = [error.problem, expected].filter((part) => part !== '').join('; ')
      throw this.#error([...path, ...error.path], `${subject()}${problem}`, { cause: error })
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

/** `Node worker-1: `, so that the object can be found where the file has no lines. */
function named(kind: string, value: Readonly<Record<string, unknown>>): string {
  try {
    const { name, namespace } = required(identity)(value.metadata)
    return name === undefined
      ? ''
      : `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}: `
  } catch {
    return ''
  }
}
