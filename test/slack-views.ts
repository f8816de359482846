import type { IncidentState, IncidentView } from '../src/slack/incident-view.ts'
import type { Advice } from '../src/triage/advice.ts'
import type { Explanation, NamedCause } from '../src/triage/explain.ts'
import type { Remedy, RemedyKind } from '../src/triage/remedies/remedy.ts'
import { code, strong, time, user, type Words, words } from '../src/words/words.ts'

const taint = 'ToBeDeletedByClusterAutoscaler:NoSchedule'

export function advice(
  kind: RemedyKind,
  title: Words,
  why: Words,
  more: Partial<Omit<Advice, 'remedy'>> & { commands?: string[] } = {},
): Advice {
  const { commands, ...rest } = more
  const remedy: Remedy = {
    kind,
    horizon: 'now',
    recommended: true,
    tempting: false,
    title,
    why,
    predict: null,
    ...(commands ? { commands } : {}),
  }
  return { remedy, title, daemonSets: ['datadog/datadog-agent'], ...rest }
}

export const explanation: Explanation = {
  urgency: 'no-action',
  past: words`2 nodes were being scaled down`,
  ifIgnored: words`It ends with the nodes.`,
  headline: words`2 nodes are being scaled down; datadog-agent still runs on them`,
  causes: [{ id: 'T4', cause: 'node-going-away', about: 'pods' }],
  why: words`The cluster autoscaler tainted them ${code(taint)}. The pods stay until the nodes are gone.`,
  table: {
    header: ['Node', 'Untolerated taint'],
    rows: [
      [[code('ip-10-0-3-17')], [code(taint)]],
      [[code('ip-10-0-3-42')], [code(taint)]],
    ],
    more: 0,
  },
  now: [
    advice(
      'wait',
      words`Wait: the nodes drain`,
      words`The last one should be gone by ${time('2026-11-24T03:22:00Z')}.`,
    ),
  ],
  forGood: [
    advice(
      'tolerate',
      words`Tolerate ${code('ToBeDeletedByClusterAutoscaler')}`,
      words`The agent collects logs until the end.`,
      {
        simulated: 'misscheduled 2 → 0, desired 26 → 28, 28 pods restart',
      },
    ),
  ],
  notThis: [
    advice(
      'delete-pod',
      words`Delete the pods`,
      words`The workers that drain would lose their logs.`,
    ),
  ],
  evidence: [words`Node ${code('ip-10-0-3-17')} has ${code(taint)}`],
  limits: [],
}

export const view: IncidentView = {
  incidentId: 'inc_1',
  rev: 3,
  cluster: 'prod-eu1',
  state: 'open',
  daemonSets: [{ namespace: 'datadog', name: 'datadog-agent' }],
  explanation,
  since: '2026-11-24T02:57:00Z',
  at: '2026-11-24T03:00:00Z',
  silences: [],
  undoable: [],
  buttons: ['silence', 'patch'],
  missing: [],
  links: [{ text: 'Alertmanager', url: 'https://am.example.com/#/alerts?a=1&b=2' }],
}

/** A view with hostile names and sizes; equal seeds give equal views. */
export function nastyView(seed: number): IncidentView {
  let state = seed * 2654435761 + 1
  const random = (below: number): number => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return Math.floor((state / 4294967296) * below)
  }
  const pick = <T>(choices: readonly [T, ...T[]]): T =>
    choices[random(choices.length)] ?? choices[0]
  const many = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: random(most + 1) }, make)
  const text = (): string =>
    pick([
      '&<>',
      'a',
      '*_~`',
      'word ',
      '<!channel>',
      '😀',
      '\u202e',
      '\n',
      '-',
      '|',
      ':fire:',
      '"\\',
      '\ud800',
      '',
    ]).repeat(random(pick([3, 30, 400])))
  const phrase = (): Words =>
    many(pick([1, 6, 60]), () =>
      pick([
        () => text(),
        () => code(text()),
        () => strong(text()),
        () => user(pick(['U0123', text()])),
        moment,
      ])(),
    )
  const moment = () =>
    time(pick(['2026-11-24T03:00:00Z', 'never', '1969-01-01T00:00:00Z', '9999-12-31T23:59:59Z']))
  const kinds = ['wait', 'tolerate', 'delete-pod', 'recount', 'remove-taint', 'fix-node'] as const
  const anyAdvice = (): Advice =>
    advice(pick(kinds), phrase(), phrase(), {
      simulated: text(),
      ...(random(2) ? { commands: many(3, text) } : {}),
      daemonSets: many(3, text),
    })
  const states: readonly [IncidentState, ...IncidentState[]] = [
    'open',
    'fixed',
    'cleared',
    'closed',
    'unreadable',
  ]
  return {
    incidentId: 'inc_0123456789abcdef0123',
    rev: random(1e6),
    cluster: text(),
    state: pick(states),
    daemonSets: many(pick([1, 500]), () => ({
      namespace: text(),
      name: text(),
    })),
    explanation: random(8)
      ? {
          urgency: pick(['act', 'unclear', 'no-action', 'false-alarm']),
          past: phrase(),
          ifIgnored: phrase(),
          headline: phrase(),
          causes: many(4, () => ({
            ...pick<Pick<NamedCause, 'id' | 'about'>>([
              { id: 'T4', about: 'pods' },
              { id: 'S5', about: 'no-daemonset' },
              { id: 'K1', about: 'pods' },
              { id: 'unknown', about: 'pods' },
            ]),
            cause: text(),
          })),
          why: phrase(),
          table: {
            header: [text(), text()],
            rows: many(pick([3, 60]), () => [phrase(), phrase()] as const),
            more: random(5000),
          },
          now: many(4, anyAdvice),
          forGood: many(4, anyAdvice),
          notThis: many(4, anyAdvice),
          evidence: many(9, phrase),
          limits: many(9, phrase),
        }
      : null,
    since: pick(['2026-11-24T02:57:00Z', '']),
    at: pick(['2026-11-24T02:57:00Z', '']),
    ...(random(2) ? { severity: text() } : {}),
    ...(random(2) ? { ending: { past: phrase(), by: phrase(), todo: phrase() } } : {}),
    ...(random(2) ? { closed: '2026-11-24T03:57:00Z' } : {}),
    ...(random(2) ? { unreadableSince: pick(['2026-11-24T02:57:00Z', text()]) } : {}),
    silences: many(7, () => ({
      actionId: `act_${random(9)}`,
      until: '2026-11-24T04:57:00Z',
      who: 'U0123',
      untilNodesGone: random(2) === 1,
      ...(random(2) ? { covers: many(5, text) } : {}),
    })),
    ...(random(2) ? { silenced: { of: random(9), uncovered: many(7, text) } } : {}),
    undoable: many(7, () => ({ actionId: crypto.randomUUID(), what: phrase(), who: text() })),
    ...(random(4) ? {} : { busy: phrase() }),
    buttons: (['patch', 'silence', 'delete', 'recount', 'show-fix'] as const).filter(
      () => random(2) === 1,
    ),
    missing: many(9, phrase),
    ...(random(2) ? { relatedAlerts: phrase(), history: phrase() } : {}),
    links: many(9, () => ({
      text: text(),
      url: pick([
        'https://a.example/?a=<b>|c',
        `https://a.example/${'x&'.repeat(150)}`,
        'javascript:alert(1)',
      ]),
    })),
  }
}

/** Every text of a block, in reading order. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('')
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, entry]) => (name === 'text' && typeof entry === 'string' ? entry : textOf(entry)))
    .join('')
}
