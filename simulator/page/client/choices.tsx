import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Element, Option } from '../../slack/blocks.ts'
import { useConfirm } from './dialog.tsx'
import { useOutside } from './hooks.ts'
import { TextObject } from './static-block.tsx'

interface Props {
  readonly element: Element
  readonly onChoose: (values: string | readonly string[]) => unknown
  /** The selected values, if a form keeps them. */
  readonly value?: readonly string[]
  readonly labelledBy?: string
}

/**
 * A static_select. As in Slack, it shows the choice until the app replaces the block with another
 * block_id.
 */
export function Menu({ element, onChoose, value, labelledBy }: Props) {
  const [chosen, setChosen] = useState(value?.[0] ?? element.initial_option?.value ?? '')
  const [previous, setPrevious] = useState(chosen)
  const act = (): unknown => onChoose(chosen)
  const { ask, dialog } = useConfirm(element.confirm, act, () => setChosen(previous))
  const name = labelledBy
    ? { 'aria-labelledby': labelledBy }
    : { 'aria-label': element.placeholder?.text ?? 'Choose' }
  return (
    <>
      <select
        className="menu"
        data-action-id={element.action_id}
        data-empty={chosen === ''}
        value={chosen}
        {...name}
        onChange={(event) => {
          setPrevious(chosen)
          setChosen(event.target.value)
          if (element.confirm) ask()
          else onChoose(event.target.value)
        }}
      >
        <option value="" disabled hidden>
          {element.placeholder?.text ?? 'Select an option'}
        </option>
        {element.options?.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text.text}
          </option>
        ))}
      </select>
      {dialog}
    </>
  )
}

/** An overflow menu (⋯). Each choice acts at once, and none stays selected. */
export function Overflow({ element, onChoose }: Props) {
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<Option>()
  const ref = useOutside<HTMLDivElement>(open, () => setOpen(false))
  const { ask, dialog } = useConfirm(element.confirm, () => chosen && onChoose(chosen.value))
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (open) list.current?.querySelector('button')?.focus()
  }, [open])
  const choose = (option: Option): void => {
    ref.current?.querySelector('button')?.focus()
    setOpen(false)
    setChosen(option)
    if (element.confirm) ask()
    else onChoose(option.value)
  }
  return (
    <div className="overflow" ref={ref}>
      <button
        type="button"
        className="press"
        data-action-id={element.action_id}
        aria-label="More actions"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        ⋯
      </button>
      {open && (
        <div
          className="overflow-list"
          role="menu"
          tabIndex={-1}
          ref={list}
          onKeyDown={(event) => moveFocus(event, list.current)}
        >
          {element.options?.map((option) => (
            <button key={option.value} type="button" role="menuitem" onClick={() => choose(option)}>
              <TextObject text={option.text} />
            </button>
          ))}
        </div>
      )}
      {dialog}
    </div>
  )
}

/** The arrow keys move through the entries of a menu. */
function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined || !list) return
  event.preventDefault()
  const entries = [...list.querySelectorAll('button')]
  const at = entries.indexOf(document.activeElement as HTMLButtonElement)
  entries.at((at + step) % entries.length)?.focus()
}

/** Radio buttons. `name`: unique on the page. */
export function Radios({ element, onChoose, value, name }: Props & { readonly name: string }) {
  const [chosen, setChosen] = useState(value?.[0] ?? element.initial_option?.value)
  return (
    <div className="choices" data-action-id={element.action_id}>
      {element.options?.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={chosen === option.value}
            onChange={() => {
              setChosen(option.value)
              onChoose(option.value)
            }}
          />
          <OptionText option={option} />
        </label>
      ))}
    </div>
  )
}

/** Checkboxes. Each change acts at once. */
export function Checkboxes({ element, onChoose, value }: Props) {
  const [chosen, setChosen] = useState<readonly string[]>(
    value ?? element.initial_options?.map((option) => option.value) ?? [],
  )
  const toggle = (wanted: string): void => {
    const next = chosen.includes(wanted)
      ? chosen.filter((other) => other !== wanted)
      : [...chosen, wanted]
    setChosen(next)
    onChoose(next)
  }
  return (
    <div className="choices" data-action-id={element.action_id}>
      {element.options?.map((option) => (
        <label key={option.value}>
          <input
            type="checkbox"
            checked={chosen.includes(option.value)}
            onChange={() => toggle(option.value)}
          />
          <OptionText option={option} />
        </label>
      ))}
    </div>
  )
}

function OptionText({ option }: { readonly option: Option }) {
  return (
    <span className="option">
      <TextObject text={option.text} />
      {option.description && (
        <span className="quiet small">
          <TextObject text={option.description} />
        </span>
      )}
    </span>
  )
}
