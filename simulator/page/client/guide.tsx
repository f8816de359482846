import { useState } from 'react'
import type { Guide as GuideState, GuideStep, PanelState } from '../page-state.ts'
import type { Runner } from './hooks.ts'

interface Props {
  readonly panel: PanelState
  readonly guide: GuideState
  readonly runner: Runner
}

/** The steps through the scenario, above the messages, and what comes after the last one. */
export function Guide({ panel, guide, runner }: Props) {
  const [confirmed, setConfirmed] = useState(0)
  const { steps, isOver, remark } = guide
  const current = currentStep(steps, confirmed)
  const step = isOver ? undefined : steps[current]
  return (
    <section className="guide" aria-label="Guide">
      <ol>
        {steps.map(({ label }, index) => (
          <li
            key={label}
            className={isOver || index < current ? 'done' : undefined}
            aria-current={step && index === current ? 'step' : undefined}
          >
            <span className="number" aria-hidden="true">
              {isOver || index < current ? '✓' : index + 1}
            </span>{' '}
            {label}
          </li>
        ))}
      </ol>
      <div className="guide-now">
        <div className="guide-text" aria-live="polite">
          {step ? <p>{step.how}</p> : <p>Over: the alert has ended, and the message says how.</p>}
          {remark && <p className="remark">{remark.text}</p>}
        </div>
        <div className="guide-actions">
          {step ? (
            <StepActions
              controls={[
                remark?.control,
                ...steps
                  .slice(0, current + 1)
                  .map(({ control }) => control)
                  .reverse(),
              ]}
              needsConfirmation={step.done === undefined}
              panel={panel}
              runner={runner}
              onConfirm={() => setConfirmed(current + 1)}
            />
          ) : (
            <AfterLast panel={panel} runner={runner} />
          )}
        </div>
      </div>
    </section>
  )
}

/** The first step that is neither done nor followed by one that is. */
function currentStep(steps: readonly GuideStep[], confirmed: number): number {
  const last = steps.findLastIndex(({ done }, index) => done ?? index < confirmed)
  return Math.min(last + 1, steps.length - 1)
}

interface StepActionsProps extends Omit<Props, 'guide'> {
  /** Ids of the controls that may lead on; the first that is available does. */
  readonly controls: readonly (string | undefined)[]
  /** Only the person knows whether the step is done. */
  readonly needsConfirmation: boolean
  readonly onConfirm: () => void
}

function StepActions({
  controls,
  needsConfirmation,
  panel,
  runner: { busy, press },
  onConfirm,
}: StepActionsProps) {
  const available = controls.flatMap((id) => panel.controls.find((one) => one.id === id) ?? [])
  const [control] = available
  return (
    <>
      {control && (
        <button
          type="button"
          className="press primary"
          aria-disabled={busy}
          onClick={() => press(control.id)}
        >
          {control.label}
        </button>
      )}
      {needsConfirmation && (
        <button type="button" className="press" onClick={onConfirm}>
          Next step
        </button>
      )}
    </>
  )
}

function AfterLast({ panel: { scenarios, scenario }, runner }: Omit<Props, 'guide'>) {
  const next = scenarios[scenarios.findIndex(({ id }) => id === scenario) + 1]
  return (
    <>
      {next && (
        <button
          type="button"
          className="press primary"
          aria-disabled={runner.busy}
          onClick={() => runner.start(next.id)}
        >
          Next scenario: {next.title}
        </button>
      )}
      <a className="press" href="/install" target="_blank" rel="noopener">
        Install it
      </a>
    </>
  )
}
