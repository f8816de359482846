import { errorMessage } from '../words/error-message.ts'
import { type Result, refusal, success } from '../words/result.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Reads a file as UTF-8; throws if it cannot. */
export type ReadFile = (path: string) => string

/** The values of the variables that are set, and errors of NAME_FILE. */
export interface Variables {
  readonly values: Readonly<Record<string, string>>
  readonly errors: readonly string[]
  /** Variables whose NAME_FILE could not be read, which is in `errors` already. */
  readonly unread: readonly string[]
}

/**
 * Reads the variables `names`; those of `secrets` may be given as NAME_FILE instead. Values are
 * trimmed, and an empty one counts as not set. `readFile` is undefined on Workers.
 */
export function readVariables(
  env: Environment,
  { names, secrets }: { readonly names: readonly string[]; readonly secrets: readonly string[] },
  readFile: ReadFile | undefined,
): Variables {
  const values: Record<string, string> = {}
  const errors: string[] = []
  const unread: string[] = []
  for (const name of names) {
    const value = env[name]?.trim()
    if (value) values[name] = value
  }
  for (const name of secrets) {
    const path = env[`${name}_FILE`]?.trim()
    if (!path) continue
    if (values[name] !== undefined) {
      errors.push(`${name} and ${name}_FILE are both set. Remove one`)
      continue
    }
    const content = contentOf(path, readFile)
    if (content.ok) values[name] = content.value
    else {
      unread.push(name)
      errors.push(`${name}_FILE ${content.why}`)
    }
  }
  return { values, errors, unread }
}

function contentOf(path: string, readFile: ReadFile | undefined): Result<string, string> {
  if (!readFile) return refusal('is not supported on Workers. Set the variable itself, as a secret')
  try {
    const value = readFile(path).trim()
    return value === ''
      ? refusal(`is ${path}, which is empty. Write the secret into it`)
      : success(value)
  } catch (error) {
    return refusal(`is ${path}, which could not be read: ${errorMessage(error)}`)
  }
}
