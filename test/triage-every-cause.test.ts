import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CAUSES } from '../src/triage/causes/index.ts'
import { explain } from '../src/triage/explain.ts'
import { HOLDS } from '../src/triage/holds/index.ts'
import type { Urgency } from '../src/triage/urgency.ts'
import { plain } from '../src/words/words.ts'
import { readScenario, SCENARIOS } from './scenario.ts'

interface Said {
  /** As the front matter of expected.md names a finding: `P1 held by K4`, `T4 draining`. */
  readonly finding: string
  readonly scenario: string
  readonly state: Urgency
  readonly ifIgnored: string
  /** The clause of the closing message, after "Over after 2 min: ". */
  readonly past: string
}

const PODS_STAY = 'Running pods stay. One that is lost there does not come back.'

/** Written by hand, from what is right to do at night: read it aloud before you change a line. */
const SAID: readonly Said[] = [
  {
    finding: 'T1',
    scenario: 'unneeded-because-unreachable',
    state: 'act',
    ifIgnored: 'No new pods start there, and the alert keeps firing.',
    past: 'node `w-5` was unreachable',
  },
  {
    finding: 'T1',
    scenario: 'two-nodes-not-ready-one-daemonset-on-one',
    state: 'act',
    ifIgnored: 'No new pods start there, and the alert keeps firing.',
    past: 'nodes `w-5` and `w-6` were NotReady',
  },
  {
    finding: 'T1 rebooting',
    scenario: 'kured-reboots-node',
    state: 'no-action',
    ifIgnored: 'It ends after the reboot, usually within minutes.',
    past: 'node `w-5` was rebooting as planned',
  },
  {
    finding: 'T2',
    scenario: 'network-unavailable',
    state: 'act',
    ifIgnored: 'Ordinary pods cannot start there, and the alert keeps firing.',
    past: 'node `w-5` had no network',
  },
  {
    finding: 'T3',
    scenario: 'storage-driver-under-a-new-taint',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: 'nodes `s-2` and `s-3` were tainted `hyperloom.amd.com/spur-hold=absent`',
  },
  {
    finding: 'T3',
    scenario: 'toleration-for-another-value',
    state: 'unclear',
    ifIgnored: PODS_STAY,
    past: 'nodes `gpu-1` and `gpu-2` were tainted `dedicated=gpu`',
  },
  {
    finding: 'T3',
    scenario: 'taint-added-later',
    state: 'no-action',
    ifIgnored: PODS_STAY,
    past: 'node `w-5` was tainted `team-x=only`',
  },
  {
    finding: 'T3',
    scenario: 'rollout-takes-the-logs',
    state: 'act',
    ifIgnored:
      'It ends on its own, but those nodes are then without `shipper`, which mounts `/var/log` from the node.',
    past: '3 nodes were tainted `workload=batch`',
  },
  {
    finding: 'T4 draining',
    scenario: 'autoscaler-scale-down',
    state: 'no-action',
    ifIgnored:
      'It ends by 2026-11-24 03:26 UTC with the nodes. Pods run there until then; nothing is lost.',
    past: '3 nodes were being scaled down',
  },
  {
    finding: 'T4 blocked',
    scenario: 'scale-down-held-by-budget',
    state: 'act',
    ifIgnored: 'The drain stays stuck, and the alert keeps firing.',
    past: 'the drain of `w-5` was stuck',
  },
  {
    finding: 'T4 left-over',
    scenario: 'scale-down-left-over',
    state: 'act',
    ifIgnored: 'The taint stays. A pod that is lost there does not come back.',
    past: 'node `w-5` had a leftover `ToBeDeletedByClusterAutoscaler` taint',
  },
  {
    finding: 'T4 machine-off',
    scenario: 'machine-shut-down',
    state: 'no-action',
    ifIgnored: 'It ends when the machine starts or its Node object is deleted.',
    past: 'node `w-5` was powered off',
  },
  {
    finding: 'T4 silent',
    scenario: 'removal-overdue-and-silent',
    state: 'act',
    ifIgnored: 'The Node object stays, and the alert keeps firing.',
    past: 'node `w-5` should have been gone and did not report',
  },
  {
    finding: 'T5 stuck',
    scenario: 'cilium-not-ready',
    state: 'act',
    ifIgnored: 'Ordinary pods cannot start there until the taint goes away.',
    past: 'node `w-5` was stuck in startup (`node.cilium.io/agent-not-ready`)',
  },
  {
    finding: 'T5 itself',
    scenario: 'csi-keeps-its-own-taint',
    state: 'act',
    ifIgnored: 'Ordinary pods cannot start there until the taint goes away.',
    past: 'node `w-5` was stuck in startup (`ebs.csi.aws.com/agent-not-ready`)',
  },
  {
    finding: 'T6 born-untainted',
    scenario: 'bound-before-taint',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`ip-masq-agent` was bound to `core-1` before the taint `key=core` was added',
  },
  {
    finding: 'T6 re-registered',
    scenario: 'node-registered-again',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`session-cache` was bound to `w-5` before the taint `dedicated=ml` was added',
  },
  {
    finding: 'T7',
    scenario: 'toleration-lost-on-delete',
    state: 'unclear',
    ifIgnored: PODS_STAY,
    past: '`falco` had lost a toleration, and its old pod stayed on `gpu-1` (OnDelete)',
  },
  {
    finding: 'T8 blocked',
    scenario: 'toleration-lost-rollout-stuck',
    state: 'act',
    ifIgnored: 'The rollout stays stuck, and the alert keeps firing.',
    past: '`dcgm-exporter` had lost a toleration, and its rollout was stuck before reaching `gpu-1`',
  },
  {
    finding: 'T8 going-on',
    scenario: 'rollout-drops-a-lost-toleration',
    state: 'unclear',
    ifIgnored:
      'It ends on its own, but those nodes are then without `shipper`, which mounts `/var/log` from the node.',
    past: '`shipper` had lost a toleration, and its rollout had not reached 2 nodes',
  },
  {
    finding: 'T8 none-desired',
    scenario: 'rollout-with-zero-desired',
    state: 'unclear',
    ifIgnored: 'The rollout stays stuck, and the alert keeps firing.',
    past: '`mig-agent` had lost a toleration, and its rollout was stuck before reaching 2 nodes',
  },
  {
    finding: 'T8 surge-hangs',
    scenario: 'surge-on-an-old-controller',
    state: 'unclear',
    ifIgnored: 'The rollout stays stuck, and the alert keeps firing.',
    past: '`agent` had lost a toleration, and its rollout was stuck before reaching `d1`',
  },
  {
    finding: 'T9',
    scenario: 'toleration-by-admission',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`gpu-metrics` tolerated the taint of `gpu-1` only in its pods, not in the template',
  },
  {
    finding: 'T10',
    scenario: 'pod-never-bound',
    state: 'unclear',
    ifIgnored: 'The pod stays Pending, and the alert keeps firing.',
    past: 'a pod of `session-cache` waited for a tainted node',
  },
  {
    finding: 'T10',
    scenario: 'pending-under-a-maintenance-taint',
    state: 'no-action',
    ifIgnored: 'The pod stays Pending while the taint is there.',
    past: 'a pod of `session-cache` waited for a tainted node',
  },
  {
    finding: 'T11',
    scenario: 'virtual-node',
    state: 'act',
    ifIgnored: 'The pod stays and can do nothing there, and the alert keeps firing.',
    past: '`session-cache` had a pod on a virtual node',
  },
  {
    finding: 'T12 past-threshold',
    scenario: 'value-past-threshold',
    state: 'no-action',
    ifIgnored: 'Running pods stay, and it ends when the value comes back.',
    past: '`spot-agent` did not tolerate the value of `example.com/sla` on `w-5`',
  },
  {
    finding: 'T12 not-a-number',
    scenario: 'comparison-with-bad-numbers',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`spot-agent` did not tolerate the value of `example.com/sla` on 2 nodes',
  },
  {
    finding: 'T12 gate-off',
    scenario: 'comparison-gate-off',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`spot-agent` did not tolerate the value of `example.com/sla` on `w-5`',
  },
  {
    finding: 'P1 held by K4',
    scenario: 'selector-changed-finalizer',
    state: 'act',
    ifIgnored: 'It lasts until the finalizer is removed.',
    past: '`probe` no longer selected `a-1`, and a finalizer held its pod',
  },
  {
    finding: 'P1 held by K1',
    scenario: 'template-changed-revisions-missing',
    state: 'no-action',
    ifIgnored: 'The pod stops by 2026-11-24 12:10 UTC and does not come back.',
    past: '`agent` did not select `n3`, and its pod took long to stop',
  },
  {
    finding: 'P2 held by K1',
    scenario: 'label-lost-long-grace',
    state: 'unclear',
    ifIgnored: 'The pod stops by 2026-11-24 03:50 UTC and does not come back.',
    past: 'node `g-3` did not match `gpu-agent` (label `accelerator`), and its pod took long to stop',
  },
  {
    finding: 'P2 held by K2',
    scenario: 'label-lost-kubelet-gone',
    state: 'act',
    ifIgnored: 'It lasts until the node is back or its Node object is deleted.',
    past: 'node `g-3` did not match `gpu-agent` (label `accelerator`), and its pod hung, as the node was not Ready',
  },
  {
    finding: 'P2 held by K2',
    scenario: 'label-lost-on-a-leaving-node',
    state: 'no-action',
    ifIgnored: 'It ends when the removal of the node is done.',
    past: 'node `w-5` did not match `fluent-bit` (label `pool`), and its pod hung, as the node was not Ready',
  },
  {
    finding: 'P2 held by K6',
    scenario: 'label-flaps',
    state: 'act',
    ifIgnored: 'Pods keep being created and deleted there, and the alert keeps firing.',
    past: 'node `g-3` did not match `gpu-agent` (label `nvidia.com/gpu.present`), and its pod kept being recreated',
  },
  {
    finding: 'P3 held by K1',
    scenario: 'invalid-affinity',
    state: 'act',
    ifIgnored: 'The pods stop by 2026-11-24 03:32 UTC and do not come back.',
    past: '`probe` matched no node at all: its node affinity was invalid',
  },
  {
    finding: 'P4 held by K3',
    scenario: 'template-node-name',
    state: 'act',
    ifIgnored: 'It may last until somebody restarts the kubelet or the node.',
    past: '`pinned` was pinned to one node by its template, and the kubelet did not stop its pod elsewhere',
  },
  {
    finding: 'P4 held by K2',
    scenario: 'pinned-to-one-node-kubelet-gone',
    state: 'act',
    ifIgnored: 'It lasts until the node is back or its Node object is deleted.',
    past: '`fluent-bit` was pinned to one node by its template, and its pod elsewhere hung, as the node was not Ready',
  },
  {
    finding: 'P5 held by K1',
    scenario: 'toleration-with-the-wrong-effect',
    state: 'no-action',
    ifIgnored: 'The pod stops by 2026-11-24 03:28 UTC and does not come back.',
    past: '`ingress-canary` had to leave `infra-1` (`node-role.kubernetes.io/infra`), and its pod took long to stop',
  },
  {
    finding: 'P5 held by K2',
    scenario: 'out-of-service-and-unreachable',
    state: 'act',
    ifIgnored: 'It lasts until pod garbage collection removes the pod.',
    past: '`fluent-bit` had to leave `w-5` (`node.kubernetes.io/out-of-service`), and its pod hung, as the node was not Ready',
  },
  {
    finding: 'P5 held by K5',
    scenario: 'deletion-denied',
    state: 'act',
    ifIgnored: 'The pod keeps running there, and the alert keeps firing.',
    past: '`fluent-bit` had to leave `w-5` (`node-role.kubernetes.io/infra`), and its pod was not deleted',
  },
  {
    finding: 'P6 held by K4',
    scenario: 'namespace-node-selector',
    state: 'act',
    ifIgnored: 'It lasts until the finalizer is removed.',
    past: 'the node selector of namespace `openshift-logging` excluded `infra-1`, and a finalizer held the pod of `collector`',
  },
  {
    finding: 'O1',
    scenario: 'adopted-pod',
    state: 'act',
    ifIgnored: 'The pod keeps running there, and the alert keeps firing.',
    past: '`fluent-bit` had adopted a pod that it did not create',
  },
  {
    finding: 'O2',
    scenario: 'overlapping-selectors',
    state: 'act',
    ifIgnored: 'The pod keeps running, and more pods can be adopted by the wrong DaemonSet.',
    past: '`agent-a` and another DaemonSet selected the same pods',
  },
  {
    finding: 'O3',
    scenario: 'left-by-a-recreated-daemonset',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: '`shipper` had been recreated, and a pod of its predecessor was still on `edge-1`',
  },
  {
    finding: 'S1',
    scenario: 'stale-count-on-an-old-version',
    state: 'false-alarm',
    ifIgnored: 'The alert may keep firing for up to 24 h. No pod is affected.',
    past: '`fluentd` was fine, its count was stale',
  },
  {
    finding: 'S1 known-fault',
    scenario: 'stale-counts-after-one-node-recovered',
    state: 'false-alarm',
    ifIgnored: 'The alert may keep firing for up to 24 h. No pod is affected.',
    past: '2 DaemonSets were fine, their counts were stale',
  },
  {
    finding: 'S1 node-deleted',
    scenario: 'node-just-deleted',
    state: 'false-alarm',
    ifIgnored: 'It ends within minutes. No pod is affected.',
    past: '`agent` was fine, its status still counted a deleted node',
  },
  {
    finding: 'S2',
    scenario: 'controller-manager-down',
    state: 'act',
    ifIgnored: 'No rollout goes on, and no daemon pod is created or removed in the cluster.',
    past: 'the DaemonSet controller was not working',
  },
  {
    finding: 'S3 deletion',
    scenario: 'deletion-that-has-just-begun',
    state: 'no-action',
    ifIgnored: 'It ends with the deletion.',
    past: '`agent` was being deleted',
  },
  {
    finding: 'S3 deletion',
    scenario: 'being-deleted',
    state: 'act',
    ifIgnored: 'The deletion does not finish, and the alert keeps firing.',
    past: '`old-agent` was being deleted',
  },
  {
    finding: 'S3 deletion-held',
    scenario: 'deletion-held-by-its-own-finalizer',
    state: 'act',
    ifIgnored: 'The deletion does not finish, and the alert keeps firing.',
    past: '`agent` was being deleted and held by a finalizer',
  },
  {
    finding: 'S4',
    scenario: 'already-over',
    state: 'false-alarm',
    ifIgnored: 'The alert should end within minutes. No pod is affected.',
    past: '`fluent-bit` was fine, the alert lagged behind',
  },
  {
    finding: 'S5 deleted',
    scenario: 'daemonset-deleted',
    state: 'false-alarm',
    ifIgnored: 'The alert should end within minutes.',
    past: '`old-shipper` was deleted',
  },
  {
    finding: 'S5 other-cluster',
    scenario: 'other-cluster',
    // Pods may be wrong in the other cluster: nothing here shows that they are not.
    state: 'unclear',
    ifIgnored: 'Whether pods are wrong in the other cluster stays unknown here.',
    past: 'the alert for `fraud-agent` came from another cluster',
  },
  {
    finding: 'S6',
    scenario: 'status-too-low',
    state: 'no-action',
    ifIgnored: 'The alert stays late, too low or missing.',
    past: '`fluent-bit` was misscheduled on 1 node, more than the status showed',
  },
  {
    finding: 'unknown',
    scenario: 'cause-unknown',
    state: 'unclear',
    ifIgnored: 'The pods stay as they are, and the alert keeps firing.',
    past: 'node `w-5` should not have had `session-cache`; how its pod got there was unknown',
  },
  {
    finding: 'T3',
    scenario: 'eks-add-on-is-not-patched',
    state: 'act',
    ifIgnored: PODS_STAY,
    past: 'node `n3` was tainted `nvidia.com/gpu`',
  },
  {
    finding: 'T3',
    scenario: 'debugged-by-hand',
    state: 'no-action',
    ifIgnored: PODS_STAY,
    past: 'node `w-3` was tainted `dedicated=lt2`',
  },
  {
    finding: 'T3',
    scenario: 'deletion-lets-the-rollout-go-on',
    state: 'unclear',
    ifIgnored:
      'The pod keeps failing there: `CrashLoopBackOff (9 restarts)`. The alert keeps firing. The rollout stays stuck on it.',
    past: 'node `c1` was tainted `workload=batch`',
  },
  {
    finding: 'P2 held by K1',
    scenario: 'grace-period-on-a-dead-node-that-it-tolerates',
    state: 'act',
    ifIgnored: 'It lasts until the node is back or its Node object is deleted.',
    past: 'node `w-2` did not match `up-proxy` (label `example.com/up-proxy`), and its pod hung, as the node was not Ready',
  },
]

describe.each(SAID)('$finding ($scenario)', ({ finding, scenario, state, ifIgnored, past }) => {
  const { diagnoses } = readScenario(scenario)
  const isIt = (one: (typeof diagnoses)[number]['findings'][number]) => nameOf(one) === finding
  const root = diagnoses.flatMap(({ findings }) => findings).find(isIt)?.root
  const members = diagnoses
    .map((one) => ({ ...one, findings: one.findings.filter(isIt) }))
    .filter(({ findings: [first] }) => first !== undefined && first.root === root)
  const explanation = explain(members)

  it('says whether to get up', () => expect(explanation.urgency).toBe(state))

  it('says what happens if nobody does anything', () =>
    expect(plain(explanation.ifIgnored)).toBe(ifIgnored))

  it('says what it was once it is over', () => expect(plain(explanation.past)).toBe(past))
})

describe('the table', () => {
  const listed = SAID.map(({ finding }) => finding)

  it('has every cause and every hold', () => {
    const ids = listed.map((finding) => finding.split(' ')[0])
    expect(CAUSES.map(({ id }) => id).filter((id) => !ids.includes(id))).toEqual([])
    const holds = listed.map((finding) => finding.split(' held by ')[1])
    expect(HOLDS.map(({ id }) => id).filter((id) => !holds.includes(id))).toEqual([])
  })

  it('has every variant and every pair of cause and hold that a scenario shows', () => {
    const found = readdirSync(SCENARIOS, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => {
        const text = readFileSync(new URL(`${name}/expected.md`, SCENARIOS), 'utf8')
        return (/^findings: (.*)$/m.exec(text)?.[1] ?? '').split(/, | \| /)
      })
      .filter((finding) => finding !== 'none')
    expect([...new Set(found)].filter((finding) => !listed.includes(finding))).toEqual([])
  })
})

function nameOf({
  id,
  heldBy,
  variant,
}: {
  readonly id: string
  readonly heldBy: string | null
  readonly variant: string | null
}): string {
  return `${id}${heldBy ? ` held by ${heldBy}` : ''}${variant ? ` ${variant}` : ''}`
}
