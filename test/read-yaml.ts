import { load, loadAll } from 'js-yaml'

/** The one document of a YAML text. T is what the test expects, unchecked. */
export function readYaml<T>(text: string): T {
  return load(text) as T
}

/** All documents of a YAML text. */
export function readYamlDocuments<T>(text: string): readonly T[] {
  return loadAll(text) as T[]
}
