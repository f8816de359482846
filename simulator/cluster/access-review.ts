import * as z from 'zod'
import type { ApiServerOptions } from './api-server-options.ts'
import { isAllowed, type Right, refusal } from './authorizer.ts'
import { badRequest, StatusError } from './status-error.ts'

const attributes = z.object({
  verb: z.string(),
  resource: z.string(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  subresource: z.string().optional(),
  version: z.string().optional(),
})
const review = z.object({
  spec: z.object({
    resourceAttributes: attributes,
    user: z.string().optional(),
    groups: z.array(z.string()).optional(),
  }),
})

/** Answers a SelfSubjectAccessReview or a SubjectAccessReview with RBAC's decision. */
export function reviewAccess(
  kind: string,
  body: unknown,
  { user, rights, users, faults }: ApiServerOptions,
): Record<string, unknown> {
  const parsed = review.safeParse(body)
  if (!parsed.success)
    throw badRequest(`the object provided is unrecognized: ${z.prettifyError(parsed.error)}`)
  const { spec } = parsed.data
  const self = kind === 'selfsubjectaccessreviews'
  const { verb, resource } = spec.resourceAttributes
  if (!self) {
    const asked = { verb: 'create', resource: kind, group: 'authorization.k8s.io' }
    if (!isAllowed(rights, asked))
      throw new StatusError(403, 'Forbidden', refusal(user, asked), { group: asked.group, kind })
  }
  const whose: readonly Right[] = self ? rights : (users[spec.user ?? ''] ?? [])
  const allowed =
    isAllowed(whose, spec.resourceAttributes) && !(self && faults.take('forbidden', verb, resource))
  return {
    kind: self ? 'SelfSubjectAccessReview' : 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: {
      allowed,
      ...(allowed && {
        reason:
          'RBAC: allowed by ClusterRoleBinding "daemonset-triage" of ClusterRole "daemonset-triage"',
      }),
    },
  }
}
