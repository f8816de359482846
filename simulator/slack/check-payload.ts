import * as z from 'zod'
import { LIMITS } from '../../src/slack/limits.ts'
import {
  flag,
  id,
  list,
  messageBlock,
  modalBlock,
  object,
  oneOf,
  plainText,
  string,
} from './block-kit.ts'
import { isRecord, SlackError } from './call.ts'

/** One violation. */
export interface Problem {
  /** JSON pointer into the payload. */
  readonly pointer: string
  readonly message: string
  /** Slack's error code. */
  readonly error: string
}

type Json = Readonly<Record<string, unknown>>

/** Throws Slack's error for an invalid payload. `at`: its pointer in the call, such as `/view`. */
export function checkPayload(surface: 'message' | 'modal', payload: unknown, at = ''): void {
  const found = problems(surface, payload)
  const [first] = found
  if (!first) return
  const messages = found.map(
    ({ message, pointer }) => `[ERROR] ${message} [json-pointer:${at}${pointer}]`,
  )
  throw new SlackError(first.error, {
    errors: messages.map((text) => text.slice('[ERROR] '.length)),
    response_metadata: { messages },
  })
}

/** Everything for which Slack would refuse this message or modal. */
export function problems(surface: 'message' | 'modal', payload: unknown): Problem[] {
  const error = surface === 'message' ? 'invalid_blocks' : 'invalid_arguments'
  if (!isRecord(payload)) return [{ pointer: '', message: 'must provide an object', error }]
  return surface === 'message' ? messageProblems(payload) : modalProblems(payload)
}

const Blocks = list(messageBlock, LIMITS.messageBlocks)
const Metadata = object({
  event_type: id,
  event_payload: z.record(z.string(), z.unknown(), 'must provide an object'),
})

const title = plainText(LIMITS.modalTitle)
const Modal = object({
  type: oneOf('modal'),
  title,
  blocks: list(modalBlock, LIMITS.modalBlocks),
  submit: title.optional(),
  close: title.optional(),
  callback_id: id.optional(),
  external_id: id.optional(),
  private_metadata: string(LIMITS.privateMetadata, 0).optional(),
  notify_on_close: flag,
  clear_on_close: flag,
})

function messageProblems({ text, blocks, metadata }: Json): Problem[] {
  return [
    ...textProblems(text),
    ...(metadata === undefined ? [] : metadataProblems(metadata)),
    ...(blocks === undefined ? [] : blockProblems(blocks)),
  ]
}

function textProblems(text: unknown): Problem[] {
  const problem = (message: string, error: string) => [{ pointer: '/text', message, error }]
  if (typeof text !== 'string' || text === '')
    return problem('screen readers and notifications need a text', 'no_text')
  return text.length > LIMITS.messageText
    ? problem(`must be less than ${LIMITS.messageText + 1} characters`, 'msg_too_long')
    : []
}

function metadataProblems(metadata: unknown): Problem[] {
  const found = mismatches(Metadata, metadata, 'invalid_metadata_format', '/metadata')
  if (bytes(metadata) <= LIMITS.metadataBytes) return found
  const message = `must be less than ${LIMITS.metadataBytes + 1} bytes`
  return [...found, { pointer: '/metadata', message, error: 'metadata_too_large' }]
}

function blockProblems(blocks: unknown): Problem[] {
  const pointer = '/blocks'
  const found = [
    ...mismatches(Blocks, blocks, 'invalid_blocks', pointer),
    ...repeatedIds(blocks, 'invalid_blocks'),
  ]
  if (recordsOf(blocks).filter(({ type }) => type === 'table').length > 1)
    found.push({ pointer, message: 'only_one_table_allowed', error: 'invalid_attachments' })
  const total = textLength(blocks)
  if (total > LIMITS.messageTotal) {
    const message = `${total} characters of text, ${LIMITS.messageTotal} allowed`
    found.push({ pointer, message, error: 'msg_blocks_too_long' })
  }
  return found
}

function modalProblems(view: Json): Problem[] {
  const error = 'invalid_arguments'
  const found = [...mismatches(Modal, view, error), ...repeatedIds(view.blocks, error)]
  if (view.submit === undefined && recordsOf(view.blocks).some(({ type }) => type === 'input'))
    found.push({ pointer: '', message: 'missing required field: submit', error })
  if (bytes(view) > LIMITS.modalBytes) {
    const message = `must be less than ${LIMITS.modalBytes + 1} bytes`
    found.push({ pointer: '', message, error: 'view_too_large' })
  }
  return found
}

/** What the schema does not accept. `at` is the pointer to the value. */
function mismatches(schema: z.ZodType, value: unknown, error: string, at = ''): Problem[] {
  const { error: refused } = schema.safeParse(value, { reportInput: true })
  return (refused?.issues ?? []).flatMap((issue) =>
    worded(issue).map(({ path, message }) => ({
      pointer: `${at}${pointerTo(path)}`,
      message,
      error,
    })),
  )
}

/** In Slack's words. A missing field is reported on its object, like an unknown one. */
function worded(issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; message: string }[] {
  const { code, path, input, message } = issue
  if (code === 'unrecognized_keys')
    return issue.keys.map((name) => ({ path, message: `invalid additional property: ${name}` }))
  if (code === 'invalid_union')
    return [{ path, message: `unsupported type: ${isRecord(input) ? input.type : input}` }]
  if (input === undefined)
    return [{ path: path.slice(0, -1), message: `missing required field: ${String(path.at(-1))}` }]
  return [{ path, message }]
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** block_ids are unique in the payload, action_ids in their block. */
function repeatedIds(blocks: unknown, error: string): Problem[] {
  const found: Problem[] = []
  const blockIds = new Set<unknown>()
  recordsOf(blocks).forEach(({ block_id: blockId, elements }, index) => {
    if (blockId !== undefined && blockIds.has(blockId)) {
      const pointer = `/blocks/${index}/block_id`
      found.push({ pointer, message: 'block_id already exists', error })
    }
    blockIds.add(blockId)
    const actionIds = new Set<unknown>()
    recordsOf(elements).forEach(({ action_id: actionId }, position) => {
      if (actionId !== undefined && actionIds.has(actionId)) {
        const pointer = `/blocks/${index}/elements/${position}/action_id`
        found.push({ pointer, message: 'action_id already exists', error })
      }
      actionIds.add(actionId)
    })
  })
  return found
}

function recordsOf(list: unknown): readonly Json[] {
  return Array.isArray(list) ? list.filter(isRecord) : []
}

/** Characters of every `text` anywhere in it. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + textLength(entry), 0)
  if (!isRecord(value)) return 0
  return Object.entries(value).reduce(
    (sum, [name, entry]) =>
      sum + (name === 'text' && typeof entry === 'string' ? entry.length : textLength(entry)),
    0,
  )
}

function bytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
