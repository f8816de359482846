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
 * The cluster of the kubeconfig that `DAEMONSET_TRIAGE_TEST_KUBECONFIG` names (kind, a real one), else a control plane started here.
 * The variable is not KUBECONFIG, so that nobody's production cluster gets test nodes by accident.
 *
 * On an existing cluster nodes are simulated too, by a kwok started here. Not possible there: users with tokens, killing or
 * restarting its processes, feature gates, its own times (a node turns NotReady after its grace period, 40 to 50 s by default), and
 * whatever counts all nodes of the cluster exactly.
 */
export async function startCluster(options: ControlPlaneOptions = {}): Promise<TestCluster> {
  const existing = process.env.DAEMONSET_TRIAGE_TEST_KUBECONFIG
  return existing ? existingCluster(existing) : startControlPlane(options)
}

async function existingCluster(kubeconfigPath: string): Promise<TestCluster> {
  const { path: directory, remove } = await temporaryDirectory('cluster')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // kubectl proxy knows every way to log in that a kubeconfig can name.
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
      // What tests left there. The nodes first: pods that do not stop go with their node.
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
