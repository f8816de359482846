import { useState } from 'react'
import type { Facts, PanelState, Scenario } from '../page-state.ts'
import { pressControl, startScenario } from './acts.ts'
import { usePage } from './context.ts'

interface Props {
  readonly panel: PanelState
  readonly onClose: () => void
}

/** The world behind the messages: what can be done to it, and what is true of it. On a phone it covers the channel. */
export function Panel({ panel, onClose }: Props) {
  const { tell } = usePage()
  const [busy, setBusy] = useState<string>()
  const run = async (id: string, act: () => Promise<{ note?: string }>): Promise<void> => {
    setBusy(id)
    try {
      const { note } = await act()
      if (note) tell(note)
    } catch (error) {
      tell(`⚠ ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      setBusy(undefined)
    }
  }
  return (
    <nav className="panel" aria-label={panel.title}>
      <header className="bar">
        <h2>{panel.title}</h2>
        <button type="button" className="close" aria-label="Back to the channel" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="panel-body">
        {panel.about && <p className="about">{panel.about}</p>}
        <Scenarios
          panel={panel}
          busy={busy !== undefined}
          onStart={(id) => run(id, () => startScenario(id))}
        />
        {panel.controls.length > 0 && (
          <section>
            <h3>Do to the cluster</h3>
            {panel.controls.map(({ id, label, about }) => (
              <button
                key={id}
                type="button"
                className="press control"
                title={about}
                disabled={busy !== undefined}
                onClick={() => run(id, () => pressControl(id))}
              >
                {label}
              </button>
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

/** The one that runs, and the others behind a fold: the facts below should stay in sight. */
function Scenarios({ panel: { scenarios, scenario }, busy, onStart }: ScenariosProps) {
  const running = scenarios.filter(({ id }) => id === scenario)
  const others = scenarios.filter(({ id }) => id !== scenario)
  const drawn = (list: readonly Scenario[]) =>
    list.map(({ id, title, about }) => (
      <button
        key={id}
        type="button"
        className="scenario"
        aria-pressed={id === scenario}
        disabled={busy}
        onClick={() => onStart(id)}
      >
        <b>{title}</b>
        {about && <span>{about}</span>}
      </button>
    ))
  if (scenarios.length === 0) return null
  return (
    <section>
      <h3>Scenario</h3>
      {drawn(running)}
      {others.length > 0 && (
        <details open={running.length === 0}>
          <summary>{running.length === 0 ? 'Choose one' : `${others.length} more to play`}</summary>
          {drawn(others)}
        </details>
      )}
    </section>
  )
}

function FactList({ facts: { heading, rows } }: { readonly facts: Facts }) {
  return (
    <section className="facts">
      <h3>
        {heading} <span className="count">{rows.length}</span>
      </h3>
      {rows.length === 0 && <p className="quiet small">none</p>}
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
