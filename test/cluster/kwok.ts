import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { part } from './parts.ts'
import { answersOk, freePort, type RunningProcess, startProcess } from './processes.ts'

/**
 * kwok keeps nodes with this label Ready. Without the label a node sends no heartbeat, like a
 * machine that died.
 */
export const KWOK_LABEL = 'test.daemonset-triage/alive'

/** A pod with this annotation is not made Ready again. */
export const STAYS_UNREADY_ANNOTATION = 'test.daemonset-triage/stays-unready'

/**
 * A deleted pod with this annotation stays in Terminating, like one whose containers do not stop,
 * until the annotation is removed.
 */
export const STAYS_TERMINATING_ANNOTATION = 'test.daemonset-triage/stays-terminating'

/**
 * Starts kwok for the nodes with KWOK_LABEL only: it renews their Leases and acts as the kubelet
 * for their pods.
 */
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
    // Otherwise kwok reads the user's own configuration.
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
 * The node-lifecycle controller sets the pods of a NotReady node to not Ready, and the kubelet has
 * to set them to Ready again. kwok's own stages handle only pods that never ran.
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
        { key: `.metadata.annotations["${STAYS_UNREADY_ANNOTATION}"]`, operator: 'DoesNotExist' },
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

/** Replaces kwok's own stage, which deletes every pod at once. */
const DELETE = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'pod-delete' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'Exists' },
        {
          key: `.metadata.annotations["${STAYS_TERMINATING_ANNOTATION}"]`,
          operator: 'DoesNotExist',
        },
      ],
    },
    next: { delete: true },
  },
}
