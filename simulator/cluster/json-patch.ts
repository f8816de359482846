import { applyPatch, type Operation } from 'rfc6902'
import * as z from 'zod'
import { badRequest, StatusError } from './status-error.ts'

const operation = z.object({
  op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
  path: z.string().regex(/^(\/.*)?$/),
  from: z.string().optional(),
  value: z.unknown().optional(),
})

/** Applies an RFC 6902 patch to a copy. What cannot be applied, a failed `test` above all, is the API's 422 `Invalid`. */
export function patched<T>(
  object: T,
  body: unknown,
): { readonly object: T; readonly paths: readonly (readonly string[])[] } {
  const patch = z.array(operation).safeParse(body)
  if (!patch.success) throw badRequest(`error decoding patch: ${z.prettifyError(patch.error)}`)
  const copy = structuredClone(object)
  const failed = applyPatch(copy, patch.data as Operation[]).some((result) => result !== null)
  if (failed)
    throw new StatusError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    )
  const paths = patch.data.filter(({ op }) => op !== 'test').map(({ path }) => fieldPath(path))
  return { object: copy, paths: paths.filter((path) => path.length > 0) }
}

const ATOMIC = ['tolerations', 'taints', 'finalizers']

/** The JSON pointer as a field path, cut at lists whose items have no owner of their own. */
function fieldPath(pointer: string): string[] {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const end = steps.findIndex((step) => ATOMIC.includes(step))
  return end < 0 ? steps : steps.slice(0, end + 1)
}
