import { expect, it } from 'vitest'
import { diagnose } from '../src/triage/diagnose.ts'
import { plain } from '../src/words/words.ts'
import { daemonSet, minutesAgo, node, noSchedule, pod, snapshot } from './triage-world.ts'

const GPU = noSchedule('dedicated', 'gpu')
const taintsBy = ['terraform', minutesAgo(30)] as const

it('offers to delete only the pods that no finding keeps', () => {
  const { findings } = diagnose(
    snapshot({
      daemonSets: [daemonSet()],
      nodes: [
        node('a'),
        node('down', {
          taints: [GPU, noSchedule('node.kubernetes.io/not-ready')],
          taintsBy,
          ready: 'False',
        }),
        node('up', { taints: [GPU], taintsBy }),
      ],
      pods: [pod('a'), pod('down'), pod('up')],
    }),
    { namespace: 'ops', name: 'agent' },
  )
  expect(findings.map(({ id }) => id)).toEqual(['T1', 'T3'])
  const deletions = findings
    .flatMap(({ remedies }) => remedies)
    .filter(({ kind }) => kind === 'delete-pod')
  expect(
    deletions.map(({ title, tempting, change, commands, predict }) => [
      plain(title),
      tempting,
      change?.kind === 'delete-pods' && change.pods,
      commands,
      predict?.numberMisscheduled,
    ]),
  ).toEqual([
    ['Delete pod `agent-down`', true, ['agent-down'], ['kubectl -n ops delete pod agent-down'], 2],
    ['Delete pod `agent-up`', false, ['agent-up'], ['kubectl -n ops delete pod agent-up'], 1],
  ])
})
