import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { part } from './parts.ts'
import { answersOk, freePort, type RunningProcess, startProcess } from './processes.ts'

/** Nodes with this label are kept Ready by kwok; take it away, and the node falls silent like a machine that died. */
export const KWOK_LABEL = 'test.daemonset-triage/alive'

/** A pod with this annotation stays not Ready once it is made so. */
export const UNREADY_ANNOTATION = 'test.daemonset-triage/unready'

/** A deleted pod with this annotation lingers, like one whose containers do not stop, until the annotation is taken away. */
export const LINGER_ANNOTATION = 'test.daemonset-triage/lingers'

/** Starts kwok for the nodes with KWOK_LABEL, and for no other: it renews their Leases and plays the kubelet for their pods. */
export async function startKwok(
  kubeconfigPath: string,
  directory: string,
): Promise<RunningProcess> {
  const command = await part('kwok')
  const shipped = join(command, '../stages')
  const stages = (await readdir(shipped))
    .filter((name) => !name.endsWith('pod-delete.yaml'))
    .sort()
    .map((name) => join(shipped, name))
  for (const stage of [READY_AGAIN, DELETE]) {
    const path = join(directory, `${stage.metadata.name}.json`)
    await writeFile(path, JSON.stringify(stage))
    stages.push(path)
  }
  const port = await freePort()
  return startProcess({
    name: 'kwok',
    command,
    directory,
    ready: () => answersOk(`http://127.0.0.1:${port}/healthz`),
    // Else it would read the user's own configuration.
    env: { KWOK_WORKDIR: join(directory, 'kwok') },
    args: [
      `--kubeconfig=${kubeconfigPath}`,
      '--manage-all-nodes=false',
      `--manage-nodes-with-label-selector=${KWOK_LABEL}=true`,
      '--node-lease-duration-seconds=8',
      `--server-address=127.0.0.1:${port}`,
      ...stages.map((stage) => `--config=${stage}`),
    ],
  })
}

/**
 * The node-lifecycle controller sets the pods of a NotReady node to not Ready, and leaves it to the kubelet to take that back.
 * kwok's own stages only know pods that never ran.
 */
const READY_AGAIN = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'pod-ready-again' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
        { key: `.metadata.annotations["${UNREADY_ANNOTATION}"]`, operator: 'DoesNotExist' },
        { key: '.status.phase', operator: 'In', values: ['Running'] },
        {
          key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
          operator: 'NotIn',
          values: ['True'],
        },
      ],
    },
    next: {
      statusTemplate: [
        'conditions:',
        ...['Ready', 'ContainersReady'].flatMap((type) => [
          `- type: ${type}`,
          '  status: "True"',
          '  reason: null',
          '  lastTransitionTime: {{ Now | Quote }}',
        ]),
      ].join('\n'),
    },
  },
}

/** In place of kwok's own, which lets no pod linger. */
const DELETE = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'pod-delete' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'Exists' },
        { key: `.metadata.annotations["${LINGER_ANNOTATION}"]`, operator: 'DoesNotExist' },
      ],
    },
    next: { delete: true },
  },
}
