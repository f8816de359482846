import { errorMessage } from '../../src/words/error-message.ts'
import type { Facts, PanelControl, PanelState, Scenario } from './page-state.ts'

/** What the side panel offers and shows, and what its buttons do. */
export interface Panel {
  readonly title: string
  readonly about?: string
  readonly scenarios?: readonly Scenario[]
  /** Id of the scenario that runs now. */
  readonly scenario?: () => string | undefined
  /** Called again for every look, so that they may change with the scenario. */
  readonly controls?: () => readonly PanelControl[]
  readonly facts?: () => readonly Facts[] | Promise<readonly Facts[]>
  /** Starts a scenario; what it returns is shown as a note, what it throws as an error. */
  readonly onScenario?: (id: string) => Promise<string | undefined>
  readonly onControl?: (id: string) => Promise<string | undefined>
}

/** One look at the panel. Facts that cannot be read are shown as such, and take nothing else down. */
export async function panelState(panel: Panel): Promise<PanelState> {
  return {
    title: panel.title,
    about: panel.about ?? '',
    scenarios: panel.scenarios ?? [],
    scenario: panel.scenario?.(),
    controls: panel.controls?.() ?? [],
    facts: await readFacts(panel),
  }
}

async function readFacts({ facts }: Panel): Promise<readonly Facts[]> {
  try {
    return (await facts?.()) ?? []
  } catch (error) {
    const value = errorMessage(error)
    return [{ heading: 'Not readable', rows: [{ name: 'error', value, tone: 'bad' }] }]
  }
}
