import { useState } from 'react'
import type { Facts, PanelState } from '../page-state.ts'
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
        {panel.scenarios.length > 0 && (
          <section>
            <h3>Scenario</h3>
            {panel.scenarios.map(({ id, title, about }) => (
              <button
                key={id}
                type="button"
                className="scenario"
                aria-pressed={id === panel.scenario}
                disabled={busy !== undefined}
                onClick={() => run(id, () => startScenario(id))}
              >
                <b>{title}</b>
                <span>{about}</span>
              </button>
            ))}
          </section>
        )}
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
