import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { plain } from '../src/words/words.ts'
import { readScenario, SCENARIOS } from './scenario.ts'

const folders = readdirSync(SCENARIOS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

for (const name of folders) {
  describe(`scenario ${name}`, () => {
    const { facts, front, diagnoses, incidents } = readScenario(name)
    const shown = incidents.map(({ text }) => `${text}\n`).join('\n')

    // Not every scenario is a public case.
    if (facts.case !== undefined)
      it('is the one that README.md names for its case', () => {
        const readme = readFileSync(new URL('README.md', SCENARIOS), 'utf8').split('\n')
        for (const id of facts.case?.split(', ') ?? [])
          expect(readme.find((line) => line.startsWith(`| ${id} |`))).toContain(
            `[\`${name}\`](${name}/expected.md)`,
          )
      })

    it('finds the cause', () => {
      expect(diagnoses.map(ids).join(' | ')).toBe(facts.findings)
      expect(incidents.map(({ root }) => root).join(' | ')).toBe(facts.incidents)
    })

    it('recommends the right answer, now and for good', () => {
      const remedies = diagnoses[0]?.findings[0]?.remedies ?? []
      expect(recommended(remedies, 'now')).toBe(facts['recommended now'])
      expect(recommended(remedies, 'for-good')).toBe(facts['recommended for good'])
    })

    it('shows the message in expected.md (regenerate with -u, review the diff)', async () => {
      const file = fileURLToPath(new URL(`${name}/expected.md`, SCENARIOS))
      await expect(`${front}\n${shown}`).toMatchFileSnapshot(file)
    })

    it('explains why in at most two sentences, says what it must, and not what it must not', () => {
      for (const { explanation } of incidents)
        expect(sentences(plain(explanation.why)).length).toBeLessThanOrEqual(2)
      for (const saying of facts.says) expect(shown).toContain(saying)
      const messages = incidents.map(({ text }) => text.split('## Notification')[0]).join('\n')
      for (const saying of facts['message says']) expect(messages).toContain(saying)
      for (const saying of facts['never says']) expect(shown).not.toContain(saying)
    })

    it('offers no deletion of a pod that it advises against deleting', () => {
      for (const { findings } of diagnoses) {
        const deletions = findings
          .flatMap(({ remedies }) => remedies)
          .flatMap(({ tempting, change }) =>
            change?.kind === 'delete-pods' ? change.pods.map((pod) => ({ pod, tempting })) : [],
          )
        const against = deletions.filter(({ tempting }) => tempting).map(({ pod }) => pod)
        const offered = deletions.filter(({ tempting }) => !tempting).map(({ pod }) => pod)
        expect(offered.filter((pod) => against.includes(pod))).toEqual([])
      }
    })

    it('recommends one answer per horizon at most, and only one that changes the count', () => {
      for (const { findings, recount, status } of diagnoses) {
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

function sentences(text: string): string[] {
  return text.split(/[.!?](?:\s|$)/).filter(Boolean)
}
