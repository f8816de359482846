import type { Taint } from '../../kubernetes/objects.ts'
import { code, time, words } from '../../words/words.ts'
import { plannedReboot } from '../drain/planned-reboot.ts'
import type { Cases, NodeFacts } from '../facts/facts.ts'
import { worksOnFailedNodes } from '../facts/role.ts'
import { whyKeepPods } from '../taints/right-node.ts'
import { deletePods, nothing, wait } from './drafts.ts'
import { fixNodes } from './node-repair.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerate } from './tolerate-draft.ts'

/** Nodes in one state that are not Ready, each with the taint that says so. */
interface NotReadyNodes extends Cases<Taint> {
  readonly variant: string | null
}

/** What to do about pods on nodes that are not Ready, in order of preference. */
export function notReadyDrafts(group: NotReadyNodes): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = group
  const taint = cases[0].evidence
  return [
    ...draftsNow(group),
    deletePods(facts, pods, {
      horizon: 'now',
      tempting: true,
      why: [whyNotDelete(group)],
    }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['It hides a broken node and restarts pods for nothing.'],
    }),
    worksOnFailedNodes(facts.daemonSet, facts.role)
      ? tolerate(facts, nodes, taint, {
          horizon: 'for-good',
          why: [
            'It makes nodes ready or has to keep running when they fail, so it belongs on a node that is not ready.',
          ],
        })
      : nothing([
          'The DaemonSet is correct as it is. Only what makes a node ready (network, storage) or monitors broken nodes should tolerate this.',
        ]),
  ]
}

function whyNotDelete({ facts, nodes, variant }: NotReadyNodes): string {
  if (variant === 'ready-again') return 'It is not recreated while the taint is on the node.'
  return nodes.some(({ ready }) => ready?.status === 'False')
    ? whyKeepPods({ facts, nodes }, 'until its node is Ready again')
    : 'No kubelet answers: a deleted pod would stay in Terminating and still be counted.'
}

function draftsNow({ nodes, variant, cases }: NotReadyNodes): readonly RemedyDraft[] {
  const silence = wait(
    ['Silence during the repair'],
    ['The count drops when the node is Ready or its Node object is deleted.'],
    { choice: true },
  )
  const fix = fixNodes(nodes)
  switch (variant) {
    case 'new':
      return [
        wait(
          ['Wait: the node is starting'],
          ['It joined less than 5 min ago; most nodes are Ready within 3 min.'],
        ),
        fix,
      ]
    case 'rebooting':
      return [waitForReboot(nodes), fix]
    case 'ready-again':
      return [
        {
          kind: 'repair-controller',
          horizon: 'now',
          title: ['Find out why the taint is not removed'],
          why: words`The node lifecycle controller removes ${code(cases[0].evidence.key)} within seconds of Ready. Check whether kube-controller-manager is running.`,
          commands: ['kubectl -n kube-system get lease kube-controller-manager -o yaml'],
        },
        silence,
      ]
    default:
      return [fix, silence]
  }
}

function waitForReboot([first, ...others]: readonly NodeFacts[]): RemedyDraft {
  const reboot = first && plannedReboot(first.node)
  const began = reboot?.began ? words` at ${time(reboot.began)}` : ''
  return wait(
    [`Wait: the ${others.length === 0 ? 'node is' : 'nodes are'} rebooting as planned`],
    words`The reboot by ${reboot?.tool ?? 'a tool'} began${began}. If the node is not Ready half an hour later, the reboot has failed: look at the machine.`,
  )
}
