import { type Block, type Control, controlsOf, type Element, type Option } from './blocks.ts'

/** The value of one control, as in `state.values` of Slack's payloads. */
export type Value =
  | { readonly type: string; readonly value: string | null }
  | { readonly type: string; readonly selected_option: Option | null }
  | { readonly type: string; readonly selected_options: readonly Option[] }

/** Values by block_id, then by action_id. */
export type Values = Readonly<Record<string, Readonly<Record<string, Value>>>>

/**
 * The values of all controls: the `previous` value of a control that is still there, its initial
 * value otherwise.
 */
export function valuesOf(blocks: readonly Block[], previous: Values = {}): Values {
  return controlsOf(blocks).reduce<Values>((values, control) => {
    const initial = initialValue(control.element)
    if (!initial) return values
    const kept = previous[control.blockId]?.[control.actionId]
    return withValue(values, control, kept?.type === control.element.type ? kept : initial)
  }, {})
}

/** A copy with one value set. */
export function withValue(values: Values, { blockId, actionId }: Control, value: Value): Values {
  return { ...values, [blockId]: { ...values[blockId], [actionId]: value } }
}

/**
 * The value of a control after a person typed text, or chose options by value or text. Throws if
 * there is no such option.
 */
export function enteredValue(element: Element, input: string | readonly string[]): Value {
  const { type } = element
  const inputs = typeof input === 'string' ? [input] : input
  if (type === 'plain_text_input') return { type, value: inputs.join('\n') || null }
  const options = inputs.map((wanted) => optionOf(element, wanted))
  return type === 'checkboxes'
    ? { type, selected_options: options }
    : { type, selected_option: options[0] ?? null }
}

/**
 * Input errors, by block_id, that keep Slack's client from sending a modal. Empty: the modal is
 * complete.
 */
export function inputErrors(
  blocks: readonly Block[],
  values: Values,
): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {}
  for (const { block, blockId, actionId, element } of controlsOf(blocks)) {
    const value = values[blockId]?.[actionId]
    if (block.type !== 'input' || !value) continue
    const text = 'value' in value ? (value.value ?? '') : ''
    if (isEmpty(value)) {
      if (!block.optional) errors[blockId] = 'Please complete this required field.'
    } else if (element.min_length !== undefined && text.length < element.min_length)
      errors[blockId] = `This must be at least ${element.min_length} characters long.`
    else if (element.max_length !== undefined && text.length > element.max_length)
      errors[blockId] = `This must be at most ${element.max_length} characters long.`
  }
  return errors
}

function isEmpty(value: Value): boolean {
  if ('value' in value) return value.value === null || value.value.trim() === ''
  return 'selected_option' in value
    ? value.selected_option === null
    : value.selected_options.length === 0
}

/** undefined: buttons and overflow menus have no value. */
function initialValue(element: Element): Value | undefined {
  const { type } = element
  if (type === 'plain_text_input') return { type, value: element.initial_value ?? null }
  if (type === 'static_select' || type === 'radio_buttons')
    return { type, selected_option: element.initial_option ?? null }
  if (type === 'checkboxes') return { type, selected_options: element.initial_options ?? [] }
  return undefined
}

function optionOf(element: Element, wanted: string): Option {
  const options = element.options ?? []
  const found =
    options.find(({ value }) => value === wanted) ??
    options.find(({ text }) => text.text === wanted)
  if (found) return found
  throw new Error(
    `no option "${wanted}"; options: ${options.map(({ text }) => `"${text.text}"`).join(', ')}`,
  )
}
