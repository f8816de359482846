import { type ReactNode, useId, useState } from 'react'
import type { Block, Element } from '../../slack/blocks.ts'
import type { Value } from '../../slack/values.ts'
import { Checkboxes, Menu, Radios } from './choices.tsx'

interface Props {
  readonly block: Block
  /** The value at the start. */
  readonly value: Value | undefined
  readonly error: string | undefined
  readonly onEnter: (entry: string | readonly string[]) => void
}

/** An input block of a modal, with the error of the app or of Slack's client. */
export function Input({ block, value, error, onEnter }: Props) {
  const id = useId()
  return (
    <fieldset className={`input ${error ? 'wrong' : ''}`} data-block-id={block.block_id}>
      <span className="label" id={id}>
        {block.label?.text}
        {block.optional && <span className="quiet"> (optional)</span>}
      </span>
      {block.element && inputElement(block.element, id, value, onEnter)}
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {block.hint && <p className="quiet small">{block.hint.text}</p>}
    </fieldset>
  )
}

function inputElement(
  element: Element,
  labelledBy: string,
  value: Value | undefined,
  onEnter: Props['onEnter'],
): ReactNode {
  const selected = selectedValues(value)
  switch (element.type) {
    case 'plain_text_input':
      return (
        <TextInput
          element={element}
          labelledBy={labelledBy}
          initial={selected[0] ?? ''}
          onEnter={onEnter}
        />
      )
    case 'static_select':
      return <Menu element={element} labelledBy={labelledBy} value={selected} onChoose={onEnter} />
    case 'radio_buttons':
      return <Radios element={element} name={labelledBy} value={selected} onChoose={onEnter} />
    case 'checkboxes':
      return <Checkboxes element={element} value={selected} onChoose={onEnter} />
    default:
      return null
  }
}

interface TextProps {
  readonly element: Element
  readonly labelledBy: string
  readonly initial: string
  readonly onEnter: (entry: string) => void
}

function TextInput({ element, labelledBy, initial, onEnter }: TextProps) {
  const [text, setText] = useState(initial)
  const shared = {
    'aria-labelledby': labelledBy,
    'data-action-id': element.action_id,
    placeholder: element.placeholder?.text,
    value: text,
    onChange: (event: { readonly target: { readonly value: string } }) => {
      setText(event.target.value)
      onEnter(event.target.value)
    },
  }
  return element.multiline ? (
    <textarea rows={4} {...shared} />
  ) : (
    <input type="text" autoComplete="off" {...shared} />
  )
}

function selectedValues(value: Value | undefined): readonly string[] {
  if (!value) return []
  if ('value' in value) return value.value === null ? [] : [value.value]
  if ('selected_options' in value) return value.selected_options.map((option) => option.value)
  return value.selected_option ? [value.selected_option.value] : []
}
