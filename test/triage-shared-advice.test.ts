import { describe, expect, it } from 'vitest'
import { adviceLines } from '../src/slack/advice.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { explain } from '../src/triage/explain.ts'
import type { Remedy } from '../src/triage/remedies/remedy.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, remedy } from './incident-world.ts'
import { view } from './slack-views.ts'

const tolerate = (key: string, more: Partial<Remedy> = {}) =>
  remedy('tolerate', {
    horizon: 'for-good',
    recommended: true,
    title: [`Tolerate \`${key}\``],
    change: { kind: 'tolerate', tolerations: [{ key, operator: 'Exists' }] },
    ...more,
  })
const warned = (kind: Remedy['kind'], more: Partial<Remedy> = {}) =>
  remedy(kind, { tempting: true, ...more })
const neverTolerate = (key: string) => ({
  ...tolerate(key),
  ...warned('tolerate', { title: tolerate(key).title, why: ['It hides a broken node.'] }),
  change: tolerate(key).change,
})
const deletion = (name: string, more: Partial<Remedy> = {}) =>
  remedy('delete-pod', {
    recommended: true,
    title: ['Delete the pod'],
    change: { kind: 'delete-pods', pods: [`${name}-1`] },
    ...more,
  })
const of = (name: string, ...remedies: readonly (Remedy | Omit<Remedy, 'change'>)[]): Diagnosis =>
  diagnosis({
    name,
    nodes: ['n1'],
    findings: [finding('T1', { nodes: ['n1'], remedies: remedies as readonly Remedy[] })],
  })

function advised(...members: readonly Diagnosis[]) {
  const explanation = explain(members)
  const titles = (advice: readonly { readonly title: Parameters<typeof plain>[0] }[]) =>
    advice.map(({ title }) => plain(title))
  return {
    now: titles(explanation.now),
    forGood: titles(explanation.forGood),
    notThis: titles(explanation.notThis),
    why: [...explanation.now, ...explanation.forGood].map((one) => plain(one.remedy.why)),
    lines: adviceLines({ ...view, explanation }).map(
      ({ label, title }) => `${label} ▸ ${plain(title)}`,
    ),
  }
}

it('one change that ends two findings of a DaemonSet is counted once', () => {
  const predict = { numberMisscheduled: 0, desiredNumberScheduled: 10, podsRestarted: 10 }
  const shared = tolerate('gpu', { horizon: 'now', predict })
  const findings = ['T3', 'T5'].map((id) => finding(id, { nodes: ['n1'], remedies: [shared] }))
  const { now } = explain([diagnosis({ nodes: ['n1', 'n2'], findings })])
  expect(now[0]?.simulated).toBe('misscheduled 2 → 0, desired 8 → 10, 10 pods restart')
})

describe('advice for several DaemonSets', () => {
  it('that is right for one and wrong for the others is one line, which names the one', () => {
    const found = advised(
      of(
        'cni',
        tolerate('not-ready', { why: ['It makes nodes ready.'] }),
        neverTolerate('not-ready'),
      ),
      of('a', neverTolerate('not-ready')),
      of('b', neverTolerate('not-ready')),
    )
    expect(found.forGood).toEqual(['Tolerate `not-ready` in `cni` only'])
    expect(found.why).toEqual([
      'It makes nodes ready. In the other 2 DaemonSets it is wrong: it hides a broken node.',
    ])
    expect(found.notThis).toEqual([])
  })

  it('names the wrong ones if the rest is neither', () => {
    const found = advised(
      of('cni', tolerate('not-ready')),
      of('a', neverTolerate('not-ready')),
      of('b', deletion('b')),
    )
    expect(found.why.at(-1)).toBe('In `a` it is wrong: it hides a broken node.')
  })

  it('that is the same for all is for all, right or wrong', () => {
    expect(advised(of('a', tolerate('gpu')), of('b', tolerate('gpu'))).forGood).toEqual([
      'Tolerate `gpu` in 2 DaemonSets',
    ])
    expect(advised(of('a', neverTolerate('gpu')), of('b', neverTolerate('gpu'))).notThis).toEqual([
      'Tolerate `gpu` in 2 DaemonSets',
    ])
  })

  it('that is for some names them', () => {
    const found = advised(
      of('a', tolerate('gpu'), deletion('a')),
      of('b', tolerate('gpu'), deletion('b', { recommended: false })),
      of('c', warned('delete-pod', { title: ['Delete the pod'] })),
    )
    expect(found.forGood).toEqual(['Tolerate `gpu` in `a` and `b`'])
    expect(found.now).toEqual(['Delete the pod of `a`', 'Delete the pod of `b`'])
    expect(found.notThis).toEqual(['Delete the pod of `c`'])
  })

  it('about different taints is no contradiction', () => {
    const found = advised(of('a', tolerate('gpu')), of('b', neverTolerate('not-ready')))
    expect(found.forGood).toEqual(['Tolerate `gpu` in `a`'])
    expect(found.notThis).toEqual(['Tolerate `not-ready` in `b`'])
  })

  it('does not say that all need what only one needs', () => {
    const both = tolerate('gpu', {
      change: {
        kind: 'tolerate',
        tolerations: [
          { key: 'gpu', operator: 'Exists' },
          { key: 'team', operator: 'Exists' },
        ],
      },
    })
    expect(advised(of('a', both), of('b', tolerate('gpu'))).forGood).toHaveLength(2)
  })

  it('about nodes is for the most nodes, unless the nodes differ', () => {
    const fix = (name: string, ...nodes: readonly string[]) =>
      diagnosis({
        name,
        findings: [
          finding('T1', {
            nodes,
            remedies: [
              remedy('fix-node', { recommended: true, title: [`Fix ${nodes.join(', ')}`] }),
            ],
          }),
        ],
      })
    expect(advised(fix('a', 'n1'), fix('b', 'n1', 'n2'), fix('c', 'n2')).now).toEqual([
      'Fix n1, n2',
    ])
    expect(advised(fix('a', 'n1'), fix('b', 'n2')).now).toEqual(['Fix n1', 'Fix n2'])
  })

  it('makes one job of the repairs of all nodes, each node and each reason once', () => {
    const broken = (name: string, ...nodes: readonly (readonly [string, boolean])[]) =>
      diagnosis({
        name,
        findings: nodes.map(([node, silent]) =>
          finding('T1', {
            nodes: [node],
            remedies: [
              remedy('fix-node', {
                recommended: true,
                title: [`Fix node ${node}`],
                repair: { nodes: [{ name: node, silent }], effect: [] },
              }),
            ],
          }),
        ),
      })
    const [both, ...others] = explain([
      broken('a', ['n1', false]),
      broken('b', ['n2', true]),
      broken('c', ['n1', false], ['n2', true]),
    ]).now
    expect(others).toEqual([])
    expect(plain(both?.title ?? [])).toBe('Fix nodes `n1` and `n2`')
    expect(plain(both?.remedy.why ?? [])).toBe(
      'Bring the kubelet of `n2` back (check machine, network, disk and container runtime); the kubelet of `n1` reports what is wrong.',
    )
    expect(both?.remedy.commands).toEqual([
      'kubectl describe node n1 n2',
      'kubectl delete node n2   # only if the machine is gone for good',
    ])
    const names = ['n1', 'n2', 'n3', 'n4'].map((name) => [name, true] as const)
    const [many] = explain([broken('a', ...names)]).now
    expect(plain(many?.title ?? [])).toBe('Fix the 4 nodes')
    expect(many?.remedy.commands).toEqual(['kubectl describe node n1 n2 n3   # and 1 more'])
  })

  it('shows waiting for one beside something to do for another', () => {
    const wait = remedy('wait', { recommended: true, title: ['Wait'] })
    expect(advised(of('a', deletion('a')), of('b', wait)).lines).toEqual([
      'Now ▸ Delete the pod of `a`',
      'Now ▸ Wait (`b`)',
    ])
    expect(advised(of('a', deletion('a'), wait)).lines).toEqual(['Now ▸ Delete the pod'])
  })

  it('names what it has no room for, and shows waiting last', () => {
    const wait = remedy('wait', { recommended: true, title: ['Wait'] })
    const found = advised(
      of('a', wait),
      of('b', deletion('b'), tolerate('gpu')),
      of('c', remedy('fix-node', { recommended: true, title: ['Fix node `n1`'] })),
      of(
        'd',
        remedy('unblock-rollout', { recommended: true, title: ['Unblock'] }),
        tolerate('spot'),
      ),
    )
    expect(found.lines).toEqual([
      'Now ▸ Delete the pod of `b`',
      'Now ▸ Fix node `n1`',
      'Also now ▸ Unblock of `d`; Wait (`a`)',
      'For good ▸ Tolerate `gpu` in `b`',
      'Also for good ▸ Tolerate `spot` in `d`',
    ])
  })

  it('does not count a DaemonSet with nothing to do', () => {
    const idle = of('over', remedy('none'))
    expect(advised(of('a', tolerate('gpu')), of('b', tolerate('gpu')), idle).forGood).toContain(
      'Tolerate `gpu` in 2 DaemonSets',
    )
    expect(advised(of('a', tolerate('gpu')), idle).forGood).toContain('Tolerate `gpu`')
  })

  it('leaves the advice for a single DaemonSet as it is', () => {
    const found = advised(of('cni', tolerate('not-ready'), neverTolerate('not-ready')))
    expect([found.forGood, found.notThis]).toEqual([
      ['Tolerate `not-ready`'],
      ['Tolerate `not-ready`'],
    ])
  })
})
