import * as z from 'zod'
import { LIMITS } from '../../src/slack/limits.ts'

// The objects, elements and blocks that the bot may use; any other type is refused. Messages have
// the wording of Slack's `response_metadata.messages`.

type Shape = Readonly<Record<string, z.ZodType>>

/** An object with no other fields: Slack refuses the whole payload for an unknown one. */
export function object(shape: Shape): z.ZodObject {
  return z.strictObject(shape, { error: notAnObject })
}

/** A list of 1 to `most` items. */
export function list(item: z.ZodType, most: number): z.ZodType {
  return z
    .array(item, 'must provide an array')
    .min(1, 'no less than 1 items allowed')
    .max(most, `no more than ${most} items allowed`)
}

/** A string of `least` to `most` UTF-16 units. */
export function string(most: number, least = 1): z.ZodType {
  return z
    .string('must provide a string')
    .min(least, `must be more than ${least - 1} characters`)
    .max(most, `must be less than ${most + 1} characters`)
}

/** Exactly one of these strings. */
export function oneOf(...names: readonly string[]): z.ZodType {
  return z.enum(names, `must be one of ${names.join(', ')}`)
}

/** A plain_text object with at most `most` characters. */
export function plainText(most: number): z.ZodObject {
  return typed('plain_text', { text: string(most), emoji: flag })
}

function notAnObject({ code }: { readonly code?: string }): string | undefined {
  return code === 'invalid_type' ? 'must provide an object' : undefined
}

function typed(type: string, shape: Shape): z.ZodObject {
  return object({ type: oneOf(type), ...shape })
}

function block(type: string, shape: Shape): z.ZodObject {
  return typed(type, { block_id: id.optional(), ...shape })
}

/** An object whose `type` picks its schema. */
function byType(first: z.ZodObject, ...others: readonly z.ZodObject[]): z.ZodType {
  return z.discriminatedUnion('type', [first, ...others], { error: notAnObject })
}

function integer(least: number, most: number): z.ZodType {
  const range = `must be between ${least} and ${most}`
  return z.int('must provide an integer').min(least, range).max(most, range)
}

function mrkdwn(most: number): z.ZodObject {
  return typed('mrkdwn', { text: string(most), verbatim: flag })
}

function anyText(most: number): z.ZodType {
  return byType(plainText(most), mrkdwn(most))
}

function option(label: z.ZodType): z.ZodObject {
  const description = anyText(LIMITS.optionText).optional()
  return object({ text: label, value: string(LIMITS.optionValue), description })
}

function options(label: z.ZodType, most: number): z.ZodType {
  return list(option(label), most)
}

/** Slack compares an initial option with the offered ones as a whole, not by its value. */
function initialIsOffered(value: Readonly<Record<string, unknown>>): boolean {
  if (!Array.isArray(value.options)) return true
  const offered = new Set(value.options.map((option) => JSON.stringify(option)))
  const initial = Array.isArray(value.initial_options)
    ? value.initial_options
    : [value.initial_option ?? value.options[0]]
  return initial.every((option) => offered.has(JSON.stringify(option)))
}

/** Optional, as every boolean of Block Kit is. */
export const flag = z.boolean('must provide a boolean').optional()
/** action_id, block_id, callback_id, external_id and names. */
export const id = string(LIMITS.id)

const url = string(LIMITS.url)
const color = oneOf('primary', 'danger').optional()
const confirm = object({
  text: anyText(LIMITS.confirmText),
  title: plainText(LIMITS.confirmTitle).optional(),
  confirm: plainText(LIMITS.confirmButton).optional(),
  deny: plainText(LIMITS.confirmButton).optional(),
  style: color,
}).optional()
const choiceOptions = options(anyText(LIMITS.optionText), LIMITS.choiceOptions)
const placeholder = plainText(LIMITS.placeholder).optional()

const image = typed('image', { image_url: url, alt_text: string(LIMITS.inputLabel) })
const button = typed('button', {
  text: plainText(LIMITS.buttonText),
  action_id: id,
  value: string(LIMITS.buttonValue).optional(),
  url: url.optional(),
  style: color,
  confirm,
  accessibility_label: string(LIMITS.accessibilityLabel).optional(),
})
const overflow = typed('overflow', {
  action_id: id,
  options: options(plainText(LIMITS.optionText), LIMITS.overflowOptions),
  confirm,
})
const staticSelect = typed('static_select', {
  action_id: id,
  options: options(plainText(LIMITS.optionText), LIMITS.selectOptions),
  initial_option: option(plainText(LIMITS.optionText)).optional(),
  placeholder,
  confirm,
  focus_on_load: flag,
})
const radioButtons = typed('radio_buttons', {
  action_id: id,
  options: choiceOptions,
  initial_option: option(anyText(LIMITS.optionText)).optional(),
  confirm,
  focus_on_load: flag,
})
const checkboxes = typed('checkboxes', {
  action_id: id,
  options: choiceOptions,
  initial_options: choiceOptions.optional(),
  confirm,
  focus_on_load: flag,
})
const choices = [staticSelect, radioButtons, checkboxes].map((element) =>
  element.refine(initialIsOffered, 'initial option is none of the options'),
)
const plainTextInput = typed('plain_text_input', {
  action_id: id,
  placeholder,
  initial_value: string(LIMITS.inputLength, 0).optional(),
  multiline: flag,
  min_length: integer(0, LIMITS.inputLength).optional(),
  max_length: integer(1, LIMITS.inputLength).optional(),
  focus_on_load: flag,
})

const style = object({ bold: flag, italic: flag, strike: flag, code: flag }).optional()
const richText = typed('text', { text: string(LIMITS.section), style })
const link = typed('link', { url, text: string(LIMITS.section).optional(), unsafe: flag, style })
const date = typed('date', {
  timestamp: integer(0, 1e11),
  format: id,
  url: url.optional(),
  timezone: id.optional(),
  fallback: id.optional(),
  style,
})
const richElements = list(
  byType(
    richText,
    link,
    date,
    typed('emoji', { name: id, style }),
    typed('user', { user_id: id, style }),
    typed('usergroup', { usergroup_id: id, style }),
    typed('broadcast', { range: oneOf('here', 'channel', 'everyone'), style }),
  ),
  LIMITS.richElements,
)
const richSection = typed('rich_text_section', { elements: richElements })
const border = integer(0, 1).optional()
const richBlock = block('rich_text', {
  elements: list(
    byType(
      richSection,
      typed('rich_text_quote', { elements: richElements, border }),
      typed('rich_text_preformatted', {
        elements: list(byType(richText, link), LIMITS.richElements),
        border,
      }),
      typed('rich_text_list', {
        style: oneOf('bullet', 'ordered'),
        elements: list(byType(richSection), LIMITS.richElements),
        indent: integer(0, 8).optional(),
        offset: integer(0, LIMITS.richElements).optional(),
        border,
      }),
    ),
    LIMITS.richElements,
  ),
})

const cell = byType(typed('raw_text', { text: string(LIMITS.section) }), richBlock)
const columnSettings = object({
  align: oneOf('left', 'center', 'right').optional(),
  is_wrapped: flag,
})
const table = block('table', {
  rows: list(list(cell, LIMITS.tableColumns), LIMITS.tableRows),
  column_settings: list(columnSettings, LIMITS.tableColumns).optional(),
})

const commonBlocks = [
  block('section', {
    text: anyText(LIMITS.section).optional(),
    fields: list(anyText(LIMITS.sectionField), LIMITS.sectionFields).optional(),
    accessory: byType(button, overflow, image, ...choices).optional(),
    expand: flag,
  }).refine(
    ({ text, fields }) => text !== undefined || fields !== undefined,
    'missing required field: text',
  ),
  block('context', {
    elements: list(
      byType(image, plainText(LIMITS.section), mrkdwn(LIMITS.section)),
      LIMITS.contextElements,
    ),
  }),
  block('actions', {
    elements: list(byType(button, overflow, ...choices), LIMITS.actionsElements),
  }),
  block('header', { text: plainText(LIMITS.header) }),
  block('divider', {}),
]
/** A block that a message may hold. https://docs.slack.dev/reference/block-kit/blocks */
export const messageBlock = byType(richBlock, table, ...commonBlocks)
/** A block that a modal may hold. */
export const modalBlock = byType(
  richBlock,
  ...commonBlocks,
  block('alert', {
    text: anyText(LIMITS.alertText),
    level: oneOf('default', 'info', 'warning', 'error', 'success').optional(),
  }),
  block('input', {
    label: plainText(LIMITS.inputLabel),
    element: byType(plainTextInput, ...choices),
    hint: plainText(LIMITS.inputLabel).optional(),
    optional: flag,
    dispatch_action: flag,
  }),
)
