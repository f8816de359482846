import type { DaemonSet } from '../../kubernetes/objects.ts'

/** What one pod asks for, as in `250m CPU and 192Mi memory`; empty where the template asks for nothing or not in plain quantities. */
export function requestsText({ spec }: DaemonSet): string {
  const requests = (spec.template.spec?.containers ?? []).map(
    ({ resources }) => resources?.requests ?? {},
  )
  const cpu = total(
    requests.map(({ cpu }) => cpu),
    CPU,
  )
  const memory = total(
    requests.map(({ memory }) => memory),
    MEMORY,
  )
  const parts = [
    ...(cpu ? [`${cpu}m CPU`] : []),
    ...(memory ? [`${Math.ceil(memory / 2 ** 20)}Mi memory`] : []),
  ]
  return parts.join(' and ')
}

type Units = Readonly<Record<string, number>>

// To thousandths of a core, and to bytes.
const CPU: Units = { m: 1, '': 1000 }
const MEMORY: Units = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

function total(quantities: readonly (string | undefined)[], units: Units): number {
  return quantities.reduce((sum, quantity) => sum + amount(quantity, units), 0)
}

function amount(quantity: string | undefined, units: Units): number {
  const [, number = '', suffix = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity ?? '') ?? []
  const unit = units[suffix]
  return number === '' || unit === undefined ? 0 : Number(number) * unit
}
