import { code, time, words } from '../../words/words.ts'
import { wait } from '../remedies/drafts.ts'
import type { Hold } from './hold.ts'

/** The grace period is over, and a finalizer keeps the pod's API object. */
export const finalizer: Hold = {
  id: 'K4',
  title: 'A finalizer holds the pod',
  fits: ({ pod }) => pod.state === 'overdue' && (pod.pod.metadata.finalizers ?? []).length > 0,
  because: (isOne) => `a finalizer holds ${isOne ? 'it' : 'them'}`,
  clause: ({ pods }) => ({
    now: words`a finalizer holds ${pods}`,
    past: words`a finalizer held ${pods}`,
  }),
  short: () => 'held by a finalizer',
  evidence: ({ pod: { name, pod } }) =>
    words`pod ${code(name)} had until ${time(pod.metadata.deletionTimestamp ?? '')} to stop; finalizer ${code((pod.metadata.finalizers ?? []).join(', '))} is still set, and with phase ${pod.status?.phase ?? 'unknown'} the pod is still counted`,
  ifIgnored: () => ['It lasts until the finalizer is removed.'],
  drafts({ pods, misschedulings: [{ facts }] }) {
    const finalizers = [...new Set(pods.flatMap(({ pod }) => pod.metadata.finalizers ?? []))].join(
      ', ',
    )
    return [
      {
        kind: 'repair-controller',
        horizon: 'now',
        title: words`Fix the controller of finalizer ${code(finalizers)}`,
        why: ['It removes the finalizer once its own cleanup is done; then the pod goes away.'],
        commands: [
          `kubectl -n ${facts.namespace} get pod ${pods[0]?.name ?? ''} -o jsonpath='{.metadata.finalizers}'`,
        ],
      },
      {
        kind: 'remove-finalizer',
        horizon: 'now',
        choice: true,
        title: ['Remove the finalizer by hand'],
        why: [
          'Only if you know what it should clean up and that its controller never will: the cleanup is skipped.',
        ],
        commands: pods
          .slice(0, 3)
          .map(
            ({ name }) =>
              `kubectl -n ${facts.namespace} patch pod ${name} --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'`,
          ),
      },
      wait(['Wait'], ['It ends when that controller acts; nothing shows when.'], { choice: true }),
      {
        kind: 'delete-pod',
        horizon: 'now',
        tempting: true,
        title: ['Delete the pod'],
        why: [
          'It is already being deleted; even with --force it stays until the finalizer is gone.',
        ],
      },
    ]
  },
}
