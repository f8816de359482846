import { undoesPatches } from '../../ownership/ownership.ts'
import { code, joined, names, plural, time, type Words, words } from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import { wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { Ending } from './ending.ts'
import { gracePeriod } from './k1-grace-period.ts'
import { notDeleted } from './k5-not-deleted.ts'

type Drafts = readonly (RemedyDraft | undefined)[]

/**
 * The drafts of a cause for pods that go on their own. Pods that have ended or stop need nothing
 * now. A rollout is waited for if its pods do not belong there; if they do, the toleration has to
 * come first, and if nothing shows it, a person decides before the pods are gone.
 */
export function draftsForEnding(found: Cases<unknown>, ending: Ending, drafts: Drafts): Drafts {
  if (ending.kind === 'rollout') return rolloutDrafts(found, ending, drafts)
  const held = { misschedulings: found.cases, nodes: found.nodes, pods: found.pods }
  const first =
    ending.kind === 'ended'
      ? [
          wait(words`Wait: the ${plural(found.pods.length, 'pod has', 'pods have')} ended`, [
            `The controller deletes ${plural(found.pods.length, 'it', 'them')} within 15 min and does not recreate ${plural(found.pods.length, 'it', 'them')} there.`,
          ]),
        ]
      : ending.kind === 'overdue'
        ? notDeleted.drafts(held)
        : gracePeriod.drafts(held)
  return [...first.map((draft) => named(found, draft)), ...drafts.filter(isStillOpen).map(asChoice)]
}

/** Waiting is for these nodes only, if others are misscheduled too. */
function named({ facts, nodes }: Cases<unknown>, draft: RemedyDraft | undefined) {
  return draft?.kind === 'wait' && nodes.length < facts.nodes.length
    ? { ...draft, title: words`${draft.title} (${names(nodes)})` }
    : draft
}

/** Waiting is the answer already, and nothing is left to delete. */
function isStillOpen(draft: RemedyDraft | undefined): boolean {
  return draft?.horizon !== 'now' || (draft.kind !== 'wait' && draft.kind !== 'delete-pod')
}

function asChoice(draft: RemedyDraft | undefined): RemedyDraft | undefined {
  if (draft?.horizon !== 'now' || draft.tempting) return draft
  const { answer: _, ...rest } = draft
  return { ...rest, choice: true }
}

function rolloutDrafts(found: Cases<unknown>, ending: Ending, drafts: Drafts): Drafts {
  const now = drafts.filter((draft) => draft?.horizon === 'now')
  const rest = drafts.filter((draft) => draft?.horizon !== 'now')
  const others = now.filter((draft) => draft?.kind !== 'wait')
  const first = now.find((draft) => draft && !draft.tempting && !draft.choice)
  const waiting = waitForRollout(found, ending)
  const pausing = pause(found)
  if (first?.answer)
    return [
      ...(pausing ? [pausing] : []),
      { ...waiting, answer: 'no' as const },
      ...others.map((draft) => (draft?.answer === 'no' ? asChoice(draft) : inTime(draft))),
      ...rest,
    ]
  const choice = pausing && { ...pausing, choice: true }
  if (first?.kind === 'delete-pod' || first?.kind === 'wait')
    return [waiting, first.kind === 'wait' ? choice : undefined, ...others.map(asChoice), ...rest]
  return [
    ...others.filter((draft) => !draft?.choice).map(inTime),
    choice,
    ...(isFixedAtSource(found) ? [fixInTime(ending)] : [{ ...waiting, choice: true }]),
    ...others.filter((draft) => draft?.choice),
    ...rest,
  ]
}

/** A toleration that is there before the rollout reaches the pods has them replaced, not removed. */
function inTime(draft: RemedyDraft | undefined): RemedyDraft | undefined {
  return draft?.kind === 'tolerate' && !draft.tempting
    ? {
        ...draft,
        why: joined([
          draft.why,
          [
            'Do it before the rollout reaches the old pods: it then replaces them instead of removing them.',
          ],
        ]),
      }
    : draft
}

/** Whether only a change at the source keeps the pods, and the source takes tolerations. */
function isFixedAtSource({ facts: { owner } }: Cases<unknown>): boolean {
  return undoesPatches(owner) && !owner.takesNone
}

/** Waiting would lose the pods, and a patch does not last. */
function fixInTime(ending: Ending): RemedyDraft {
  const at = ending.kind === 'rollout' ? ending.estimate?.at : undefined
  const by = at ? words`, about ${time(at)}` : []
  return wait(
    words`Make the permanent fix before the rollout gets there${by}`,
    ['The rollout then replaces the old pods instead of removing them. A patch does not last.'],
    { bridges: true },
  )
}

function waitForRollout({ facts, pods }: Cases<unknown>, ending: Ending): RemedyDraft {
  const at = ending.kind === 'rollout' ? ending.estimate?.at : undefined
  const gone = `It deletes the old ${plural(pods.length, 'pod', 'pods')} there without a replacement, and the alert ends.`
  return wait(
    at ? words`Wait for the rollout, until about ${time(at)}` : ['Wait for the rollout'],
    undoesPatches(facts.owner) && servesNode(facts.role)
      ? words`${gone} Only a change at the source can keep ${plural(pods.length, 'it', 'them')}: a patch does not last.`
      : [gone],
  )
}

/**
 * OnDelete changes no template, so no pod restarts, and the rollout goes on when it is set back.
 * undefined: other pods on the node hardly miss it, or an owner would undo the change.
 */
function pause({ facts, nodes }: Cases<unknown>): RemedyDraft | undefined {
  if (!servesNode(facts.role) || undoesPatches(facts.owner)) return undefined
  return {
    ...wait(
      words`Pause the rollout: set ${code('updateStrategy.type')} to ${code('OnDelete')}`,
      words`The controller then deletes no more old pods, so ${code(facts.name)} stays on ${names(nodes)} while you find out. Set it back to ${code('RollingUpdate')} afterwards.`,
    ),
    commands: [
      `kubectl -n ${facts.namespace} patch daemonset ${facts.name} --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete"}}}'`,
    ],
  }
}

/** What a node is without, once the pods are gone. A clause. */
export function lossWords({ facts, nodes }: Cases<unknown>): Words {
  const { role, name } = facts
  const what = servesNode(role) ? words`${code(name)}, which ${role.evidence}` : [code(name)]
  return words`${plural(nodes.length, 'that node is', 'those nodes are')} then without ${what}`
}
