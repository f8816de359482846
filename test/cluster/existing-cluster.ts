import { apiClient } from './api.ts'
import {
  type ControlPlaneOptions,
  kubectlFor,
  startControlPlane,
  type TestCluster,
} from './control-plane.ts'
import { startKwok } from './kwok.ts'
import { part } from './parts.ts'
import {
  answersOk,
  freePort,
  startProcess,
  stopInReverse,
  temporaryDirectory,
} from './processes.ts'
import { MANIFESTS, manifestPath } from './service-account.ts'
import { TEST_LABEL } from './workload.ts'

/**
 * The cluster in the kubeconfig that `DAEMONSET_TRIAGE_TEST_KUBECONFIG` names, for example kind;
 * otherwise a new control plane. The variable is not KUBECONFIG, so that a production cluster does
 * not get test nodes by accident.
 *
 * On an existing cluster, a kwok that is started here simulates the nodes. Tests there cannot use
 * users with tokens, feature gates or shorter grace periods (a node becomes NotReady after 40 to 50
 * s by default), cannot stop or restart processes, and cannot count all nodes of the cluster.
 */
export async function startCluster(options: ControlPlaneOptions = {}): Promise<TestCluster> {
  const existing = process.env.DAEMONSET_TRIAGE_TEST_KUBECONFIG
  return existing ? existingCluster(existing) : startControlPlane(options)
}

async function existingCluster(kubeconfigPath: string): Promise<TestCluster> {
  const { path: directory, remove } = await temporaryDirectory('cluster')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // kubectl proxy supports every authentication method of a kubeconfig.
  const proxy = await startProcess({
    name: 'kubectl-proxy',
    command: await part('kubectl'),
    args: [`--kubeconfig=${kubeconfigPath}`, 'proxy', '--address=127.0.0.1', `--port=${port}`],
    directory,
    ready: () => answersOk(`${url}/version`),
  })
  const kubectl = kubectlFor(kubeconfigPath)
  const kwok = await startKwok(kubeconfigPath, directory)
  return {
    kubeconfigPath,
    url,
    request: apiClient({ url }),
    kubectl,
    async stop() {
      // Delete what tests left. Nodes first: pods that do not stop are deleted with their node.
      for (const kind of ['nodes', 'namespaces'])
        await kubectl(['delete', kind, `--selector=${TEST_LABEL}=true`, '--timeout=180s'])
      await kubectl([
        'delete',
        '--ignore-not-found',
        ...MANIFESTS.flatMap((name) => ['-f', manifestPath(name)]),
      ])
      await stopInReverse([proxy, kwok])
      await remove()
    },
  }
}
