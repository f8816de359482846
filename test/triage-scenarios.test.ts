import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readSnapshotFile } from '../src/kubernetes/snapshot/snapshot-file.ts'
import type { Advice } from '../src/triage/advice.ts'
import { diagnoser } from '../src/triage/diagnose.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { type Explanation, explain } from '../src/triage/explain.ts'
import { group } from '../src/triage/group.ts'
import { plain } from '../src/words/words.ts'

const FOLDER = new URL('./scenarios/', import.meta.url)

interface Expected {
  /** `key: value` lines between the two `---`. */
  readonly front: Readonly<Record<string, string>>
  readonly headlines: readonly string[]
  readonly rows: readonly string[]
  readonly sayings: readonly string[]
  readonly silences: readonly string[]
}

interface Scene {
  readonly diagnoses: readonly Diagnosis[]
  readonly roots: readonly string[]
  readonly explanations: readonly Explanation[]
}

for (const name of readdirSync(FOLDER).sort()) {
  describe(`scenario ${name}`, () => {
    const expected = readExpected(name)
    const scene = readScene(name, expected.front)

    it('finds the cause', () => {
      expect(scene.diagnoses.map(ids).join(' | ')).toBe(expected.front.findings)
      if (expected.front.incidents) expect(scene.roots.join(' | ')).toBe(expected.front.incidents)
    })

    it('recommends the right answer, now and for good', () => {
      const first = scene.diagnoses[0]?.findings[0]
      expect(recommended(first?.remedies ?? [], 'now')).toBe(expected.front['recommended now'])
      expect(recommended(first?.remedies ?? [], 'for-good')).toBe(
        expected.front['recommended for good'] ?? 'nothing',
      )
    })

    it('says it so that it is understood', () => {
      expect(scene.explanations.map(({ headline }) => plain(headline))).toEqual(expected.headlines)
      const rows = scene.explanations.flatMap(({ table }) =>
        table.rows.map(([left, right]) => `${plain(left)} | ${plain(right)}`),
      )
      if (expected.rows.length > 0) expect(rows).toEqual(expected.rows)
      const said = scene.explanations.map(allText).join('\n')
      for (const saying of expected.sayings) expect(said).toContain(saying)
      for (const { why } of scene.explanations)
        expect(
          plain(why)
            .split(/[.!?](?:\s|$)/)
            .filter(Boolean).length,
        ).toBeLessThanOrEqual(2)
      for (const silence of expected.silences) expect(said).not.toContain(silence)
    })

    it('recommends at most one answer for each horizon of a finding, and none whose trial leaves the count', () => {
      for (const { findings, recount, status } of scene.diagnoses) {
        for (const { remedies } of findings) {
          for (const horizon of ['now', 'for-good']) {
            const chosen = remedies.filter(
              (remedy) => remedy.recommended && remedy.horizon === horizon,
            )
            expect(chosen.length).toBeLessThanOrEqual(1)
            for (const { kind, predict } of chosen) {
              const before =
                kind === 'recount' ? (status?.numberMisscheduled ?? 0) : recount.numberMisscheduled
              if (predict) expect(predict.numberMisscheduled).not.toBe(before)
            }
          }
        }
      }
    })
  })
}

function readScene(name: string, front: Expected['front']): Scene {
  const snapshot = readSnapshotFile(text(name, 'cluster.yaml'), {
    file: `${name}/cluster.yaml`,
    now: front.now ?? '',
    ...(front['server version'] ? { serverVersion: front['server version'] } : {}),
    ...(front['feature gates']
      ? { featureGates: { TaintTolerationComparisonOperators: true } }
      : {}),
  })
  const webhook = JSON.parse(text(name, 'webhook.json')) as {
    alerts: { labels: Record<string, string>; startsAt: string }[]
  }
  const diagnose = diagnoser(snapshot)
  const diagnoses = webhook.alerts.map(({ labels, startsAt }) =>
    diagnose(
      { namespace: labels.namespace ?? '', name: labels.daemonset ?? '' },
      {
        ...(front.cluster ? { cluster: front.cluster } : {}),
        alert: { startsAt, ...(labels.cluster ? { cluster: labels.cluster } : {}) },
      },
    ),
  )
  const groups = group(diagnoses)
  const explanations = groups.map(({ daemonSets }) =>
    explain(diagnoses.filter((one) => daemonSets.includes(`${one.namespace}/${one.name}`))),
  )
  return { diagnoses, roots: groups.map(({ root }) => root), explanations }
}

/** `expected.md`: front matter, a headline for each incident, table rows, and bullets that the explanation must (or, with "not:", must not) hold. */
function readExpected(name: string): Expected {
  const [, head = '', body = ''] =
    /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text(name, 'expected.md')) ?? []
  const lines = body.split('\n')
  const bullets = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2))
  return {
    front: Object.fromEntries(
      head
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
    ),
    headlines: lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2)),
    rows: lines
      .filter((line) => /^\| (?!Node|DaemonSet|-)/.test(line))
      .map((line) => line.replace(/^\| | \|$/g, '')),
    sayings: bullets.filter((line) => !line.startsWith('not: ')),
    silences: bullets.filter((line) => line.startsWith('not: ')).map((line) => line.slice(5)),
  }
}

function text(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8')
}

function ids({ findings }: Diagnosis): string {
  return (
    findings
      .map(
        ({ id, heldBy, variant }) =>
          `${id}${heldBy ? ` held by ${heldBy}` : ''}${variant ? ` ${variant}` : ''}`,
      )
      .join(', ') || 'none'
  )
}

function recommended(remedies: Diagnosis['findings'][number]['remedies'], horizon: string): string {
  return (
    remedies.find((remedy) => remedy.recommended && remedy.horizon === horizon)?.kind ?? 'nothing'
  )
}

function allText({ why, now, forGood, notThis, evidence, limits }: Explanation): string {
  const advice = ({ remedy, title, simulated }: Advice) => [
    plain(title),
    plain(remedy.why),
    simulated ?? '',
    ...(remedy.commands ?? []),
    remedy.snippet ?? '',
  ]
  return [
    plain(why),
    ...[...now, ...forGood, ...notThis].flatMap(advice),
    ...evidence.map(plain),
    ...limits.map(plain),
  ].join('\n')
}
