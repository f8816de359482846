import { code, time, words } from '../../words/words.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The pod's time is up, and a finalizer keeps its record until some controller takes it off. */
export const finalizer: Hold = {
  id: 'K4',
  title: 'A finalizer holds it',
  fits: ({ pod }) => pod.state === 'overdue' && (pod.pod.metadata.finalizers ?? []).length > 0,
  because: 'a finalizer holds them',
  short: 'held by a finalizer',
  evidence: ({ pod: { name, pod } }) =>
    words`${code(name)} should have been gone by ${time(pod.metadata.deletionTimestamp ?? '')} and has finalizer ${code((pod.metadata.finalizers ?? []).join(', '))}; its phase is ${pod.status?.phase ?? 'unknown'}, so it still counts`,
  drafts({ pods, misschedulings: [{ facts }] }) {
    const finalizers = [...new Set(pods.flatMap(({ pod }) => pod.metadata.finalizers ?? []))].join(
      ', ',
    )
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: words`Repair the controller of finalizer ${code(finalizers)}`,
        why: ['It takes the finalizer off once its own clean-up is done; then the pod goes.'],
        commands: [
          `kubectl -n ${facts.namespace} get pod ${pods[0]?.name ?? ''} -o jsonpath='{.metadata.finalizers}'`,
        ],
      },
      {
        kind: 'remove-finalizer',
        horizon: 'now',
        choice: true,
        title: ['Take the finalizer off by hand'],
        why: ['Only if you know what it was to clean up and that nobody will: it is skipped then.'],
        commands: pods
          .slice(0, 3)
          .map(
            ({ name }) =>
              `kubectl -n ${facts.namespace} patch pod ${name} --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'`,
          ),
      },
      wait(['Wait'], ['It ends when that controller acts, and nothing says when.'], {
        choice: true,
      }),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod'],
        why: ['It is being deleted already; even by force it stays while the finalizer is on.'],
      },
    ]
  },
}
