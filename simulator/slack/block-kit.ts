import { LIMITS } from '../../src/slack/limits.ts'
import {
  all,
  boolean,
  byType,
  type Fields,
  integer,
  isRecord,
  list,
  object,
  oneOf,
  type Rule,
  string,
} from './check.ts'

// The objects, elements and blocks that this bot may use; any other type is refused.

function typed(required: Fields, optional: Fields = {}): Rule {
  return object({ type: string(LIMITS.id), ...required }, optional)
}

function block(required: Fields, optional: Fields = {}): Rule {
  return typed(required, { block_id: string(LIMITS.id), ...optional })
}

export function plainTextRule(most: number): Rule {
  return typed({ type: oneOf('plain_text'), text: string(most) }, { emoji: boolean })
}

function anyText(most: number): Rule {
  return byType({
    plain_text: plainTextRule(most),
    mrkdwn: typed({ text: string(most) }, { verbatim: boolean }),
  })
}

function options(text: Rule, most: number): Rule {
  return list(
    object(
      { text, value: string(LIMITS.optionValue) },
      { description: anyText(LIMITS.optionText) },
    ),
    most,
  )
}

/** Slack compares an initial option with the offered ones as a whole, not by its value. */
const initialIsOffered: Rule = (value, pointer, report) => {
  if (!isRecord(value) || !Array.isArray(value.options)) return
  const offered = new Set(value.options.map((option) => JSON.stringify(option)))
  const initial = Array.isArray(value.initial_options)
    ? value.initial_options
    : [value.initial_option ?? value.options[0]]
  if (initial.some((option) => !offered.has(JSON.stringify(option))))
    report(pointer, 'initial option is none of the options')
}

const actionId = { action_id: string(LIMITS.id) }
const colour = oneOf('primary', 'danger')
const confirm = object(
  { text: anyText(LIMITS.confirmText) },
  {
    title: plainTextRule(LIMITS.confirmTitle),
    confirm: plainTextRule(LIMITS.confirmButton),
    deny: plainTextRule(LIMITS.confirmButton),
    style: colour,
  },
)
const menuOption = object({
  text: plainTextRule(LIMITS.optionText),
  value: string(LIMITS.optionValue),
})
const choice = { ...actionId, options: options(anyText(LIMITS.optionText), LIMITS.choiceOptions) }
const picked = { confirm, focus_on_load: boolean }

const image = typed({ image_url: string(LIMITS.url), alt_text: string(LIMITS.inputLabel) })
const button = typed(
  { text: plainTextRule(LIMITS.buttonText), ...actionId },
  {
    value: string(LIMITS.buttonValue),
    url: string(LIMITS.url),
    style: colour,
    confirm,
    accessibility_label: string(LIMITS.accessibilityLabel),
  },
)
const overflow = typed(
  { ...actionId, options: options(plainTextRule(LIMITS.optionText), LIMITS.overflowOptions) },
  { confirm },
)
const staticSelect = all(
  typed(
    { ...actionId, options: options(plainTextRule(LIMITS.optionText), LIMITS.selectOptions) },
    { placeholder: plainTextRule(LIMITS.placeholder), initial_option: menuOption, ...picked },
  ),
  initialIsOffered,
)
const radioButtons = all(
  typed(choice, {
    initial_option: object({ text: anyText(LIMITS.optionText), value: string(LIMITS.optionValue) }),
    ...picked,
  }),
  initialIsOffered,
)
const checkboxes = all(
  typed(choice, {
    initial_options: options(anyText(LIMITS.optionText), LIMITS.choiceOptions),
    ...picked,
  }),
  initialIsOffered,
)
const plainTextInput = typed(actionId, {
  placeholder: plainTextRule(LIMITS.placeholder),
  initial_value: string(LIMITS.inputLength, 0),
  multiline: boolean,
  min_length: integer(0, LIMITS.inputLength),
  max_length: integer(1, LIMITS.inputLength),
  focus_on_load: boolean,
})
const choices = { static_select: staticSelect, radio_buttons: radioButtons, checkboxes }

const style = {
  style: object({}, { bold: boolean, italic: boolean, strike: boolean, code: boolean }),
}
const richText = typed({ text: string(LIMITS.section) }, style)
const link = typed(
  { url: string(LIMITS.url) },
  { text: string(LIMITS.section), unsafe: boolean, ...style },
)
const richElements = list(
  byType({
    text: richText,
    link,
    emoji: typed({ name: string(LIMITS.id) }, style),
    date: typed(
      { timestamp: integer(0, 1e11), format: string(LIMITS.id) },
      {
        url: string(LIMITS.url),
        timezone: string(LIMITS.id),
        fallback: string(LIMITS.id),
        ...style,
      },
    ),
    user: typed({ user_id: string(LIMITS.id) }, style),
    usergroup: typed({ usergroup_id: string(LIMITS.id) }, style),
    broadcast: typed({ range: oneOf('here', 'channel', 'everyone') }, style),
  }),
  LIMITS.richElements,
)
const richSection = typed({ elements: richElements })
const border = { border: integer(0, 1) }
const richBlock = block({
  elements: list(
    byType({
      rich_text_section: richSection,
      rich_text_quote: typed({ elements: richElements }, border),
      rich_text_preformatted: typed(
        { elements: list(byType({ text: richText, link }), LIMITS.richElements) },
        border,
      ),
      rich_text_list: typed(
        {
          style: oneOf('bullet', 'ordered'),
          elements: list(byType({ rich_text_section: richSection }), LIMITS.richElements),
        },
        { indent: integer(0, 8), offset: integer(0, LIMITS.richElements), ...border },
      ),
    }),
    LIMITS.richElements,
  ),
})

const cell = byType({ raw_text: typed({ text: string(LIMITS.section) }), rich_text: richBlock })
const table = block(
  { rows: list(list(cell, LIMITS.tableColumns), LIMITS.tableRows) },
  {
    column_settings: list(
      object({}, { align: oneOf('left', 'center', 'right'), is_wrapped: boolean }),
      LIMITS.tableColumns,
    ),
  },
)
const sectionHasText: Rule = (value, pointer, report) => {
  if (isRecord(value) && value.text === undefined && value.fields === undefined)
    report(pointer, 'missing required field: text')
}

const commonBlocks = {
  header: block({ text: plainTextRule(LIMITS.header) }),
  section: all(
    block(
      {},
      {
        text: anyText(LIMITS.section),
        fields: list(anyText(LIMITS.sectionField), LIMITS.sectionFields),
        accessory: byType({ ...choices, button, overflow, image }),
        expand: boolean,
      },
    ),
    sectionHasText,
  ),
  context: block({
    elements: list(
      byType({ image, plain_text: plainTextRule(LIMITS.section), mrkdwn: anyText(LIMITS.section) }),
      LIMITS.contextElements,
    ),
  }),
  actions: block({
    elements: list(byType({ ...choices, button, overflow }), LIMITS.actionsElements),
  }),
  divider: block({}),
  rich_text: richBlock,
}
export const messageBlock: Rule = byType({ ...commonBlocks, table })
export const modalBlock: Rule = byType({
  ...commonBlocks,
  alert: block(
    { text: anyText(LIMITS.alertText) },
    { level: oneOf('default', 'info', 'warning', 'error', 'success') },
  ),
  input: block(
    {
      label: plainTextRule(LIMITS.inputLabel),
      element: byType({ ...choices, plain_text_input: plainTextInput }),
    },
    { hint: plainTextRule(LIMITS.inputLabel), optional: boolean, dispatch_action: boolean },
  ),
})
