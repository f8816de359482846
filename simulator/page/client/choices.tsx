import { useState } from 'react'
import type { Element, Option } from '../../slack/block.ts'
import { useConfirm } from './confirm.tsx'
import { Words } from './still.tsx'
import { useOutside } from './use-browser.ts'

interface Props {
  readonly element: Element
  readonly onChoose: (values: string | readonly string[]) => unknown
  /** What is chosen, where a form around it keeps that. */
  readonly value?: readonly string[]
  readonly labelledBy?: string
}

/** A static_select. It shows the choice until the block is replaced by one with another block_id, as Slack does. */
export function Menu({ element, onChoose, value, labelledBy }: Props) {
  const [chosen, setChosen] = useState(value?.[0] ?? element.initial_option?.value ?? '')
  const [before, setBefore] = useState(chosen)
  const act = (): unknown => onChoose(chosen)
  const { ask, dialog } = useConfirm(element.confirm, act, () => setChosen(before))
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
          setBefore(chosen)
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

/** The three dots: each choice acts at once, and none stays chosen. */
export function Overflow({ element, onChoose }: Props) {
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<Option>()
  const ref = useOutside<HTMLDivElement>(open, () => setOpen(false))
  const { ask, dialog } = useConfirm(element.confirm, () => chosen && onChoose(chosen.value))
  const choose = (option: Option): void => {
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
        <div className="overflow-list" role="menu">
          {element.options?.map((option) => (
            <button key={option.value} type="button" role="menuitem" onClick={() => choose(option)}>
              <Words text={option.text} />
            </button>
          ))}
        </div>
      )}
      {dialog}
    </div>
  )
}

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
          <OptionWords option={option} />
        </label>
      ))}
    </div>
  )
}

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
          <OptionWords option={option} />
        </label>
      ))}
    </div>
  )
}

function OptionWords({ option }: { readonly option: Option }) {
  return (
    <span className="option">
      <Words text={option.text} />
      {option.description && (
        <span className="quiet small">
          <Words text={option.description} />
        </span>
      )}
    </span>
  )
}
