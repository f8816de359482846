import { useState } from 'react'
import type { Facts, PanelState, Scenario } from '../page-state.ts'
import type { Runner } from './hooks.ts'

interface Props {
  readonly panel: PanelState
  readonly runner: Runner
  readonly onClose: () => void
}

/**
 * The side panel: scenarios, controls and the true state of the cluster. On a phone it covers the
 * channel.
 */
export function Panel({ panel, runner: { busy, press, start }, onClose }: Props) {
  return (
    <nav className="panel" aria-label={panel.title}>
      <header className="bar">
        <h2>{panel.title}</h2>
        <button type="button" className="close" aria-label="Back to the channel" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="panel-body">
        {panel.description && <p className="about">{panel.description}</p>}
        <Scenarios panel={panel} busy={busy} onStart={start} />
        {panel.controls.length > 0 && (
          <section>
            <h3>Change the cluster</h3>
            {panel.controls.map(({ id, label, description }) => (
              <div key={id} className="control">
                <button
                  type="button"
                  className="press"
                  aria-describedby={description && `about-${id}`}
                  aria-disabled={busy}
                  onClick={() => press(id)}
                >
                  {label}
                </button>
                {description && <p id={`about-${id}`}>{description}</p>}
              </div>
            ))}
          </section>
        )}
        {panel.facts.map((facts) => (
          <FactList key={facts.heading} facts={facts} />
        ))}
      </div>
    </nav>
  )
}

interface ScenariosProps {
  readonly panel: PanelState
  readonly busy: boolean
  readonly onStart: (id: string) => void
}

/** The running scenario. The others are folded, so that the facts below stay visible. */
function Scenarios({ panel: { scenarios, scenario }, busy, onStart }: ScenariosProps) {
  const [open, setOpen] = useState(false)
  const running = scenarios.filter(({ id }) => id === scenario)
  const others = scenarios.filter(({ id }) => id !== scenario)
  const buttons = (list: readonly Scenario[]) =>
    list.map(({ id, title, description }) => (
      <button
        key={id}
        type="button"
        className="scenario"
        aria-pressed={id === scenario}
        aria-disabled={busy}
        onClick={() => {
          setOpen(false)
          onStart(id)
        }}
      >
        <b>{title}</b>
        {description && <span>{description}</span>}
      </button>
    ))
  if (scenarios.length === 0) return null
  return (
    <section>
      <h3>Scenario</h3>
      {buttons(running)}
      {others.length > 0 && (
        <details
          open={open || running.length === 0}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary>
            {running.length === 0 ? 'Choose a scenario' : `${others.length} more scenarios`}
          </summary>
          {buttons(others)}
        </details>
      )}
    </section>
  )
}

function FactList({ facts: { heading, rows, none = 'none' } }: { readonly facts: Facts }) {
  return (
    <section className="facts">
      <h3>
        {heading} <span className="count">{rows.length}</span>
      </h3>
      {rows.length === 0 && <p className="quiet small">{none}</p>}
      <dl>
        {rows.map(({ name, value, tone }) => (
          <div key={name} className={tone}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
