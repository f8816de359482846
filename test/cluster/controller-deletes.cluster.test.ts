import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBound, isTerminating } from '../../src/daemonset/object-state.ts'
import { recount } from '../../src/daemonset/recount.ts'
import { worldOf } from '../../src/daemonset/world.ts'
import type { Pod } from '../../src/kubernetes/objects.ts'
import { part } from './parts.ts'
import { randomFrom } from './random.ts'
import { type RandomWorld, randomWorld } from './random-worlds.ts'
import { output } from './run.ts'

const SEED = Number(process.env.DIFFERENTIAL_SEED ?? Date.now() % 1e9)
const WORLDS = 5000
const featureGates = { TaintTolerationComparisonOperators: true }

test("the list of deleted pods equals that of the real controller's source", async () => {
  console.log(`DIFFERENTIAL_SEED=${SEED}`)
  const random = randomFrom(SEED)
  const worlds = Array.from({ length: WORLDS }, () => randomWorld(random))
  const stdin = worlds.map((world) => JSON.stringify(world)).join('\n')
  const lines = (await output(await part('controller-deletes'), [], { stdin })).trim().split('\n')
  expect(lines).toHaveLength(WORLDS)
  const compared = worlds.map((world, index) => ({
    world,
    controller: asComparable(JSON.parse(lines[index] ?? ''), world),
    ours: asComparable(controllerDeletes(world), world),
  }))
  const different = compared.filter(({ controller, ours }) => controller.join() !== ours.join())
  const tally = tallyOf(compared)
  console.log({ lists: WORLDS, different: different.length }, tally)
  if (different[0]) {
    const path = join(tmpdir(), `daemonset-triage-deletes-${SEED}.json`)
    await writeFile(path, JSON.stringify(different[0], null, 1))
    console.log(`saved the first difference to ${path}`)
  }
  expect(different.map(({ controller, ours }) => ({ controller, ours }))).toEqual([])
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(WORLDS / 50)
})

function controllerDeletes({ daemonSet, ...lists }: RandomWorld): readonly string[] {
  return recount(daemonSet, worldOf({ ...lists, featureGates })).controllerDeletes
}

/**
 * Sorted. A failed pod is named by its node, because the controller deletes any one of a node's
 * failed pods: the order of its index is random.
 */
function asComparable(names: readonly string[], world: RandomWorld): string[] {
  return names
    .map((name) => {
      const pod = podOf(name, world)
      return pod?.status?.phase === 'Failed' ? `a failed pod of ${name.split('-')[0]}` : name
    })
    .sort()
}

function podOf(name: string, { pods }: RandomWorld): Pod | undefined {
  return pods.find(({ metadata }) => metadata.name === name)
}

/** How many lists have what is easily missed, because a test that compares empty lists is none. */
function tallyOf(compared: readonly { world: RandomWorld; controller: readonly string[] }[]) {
  const having = (test: (names: readonly string[], world: RandomWorld) => boolean) =>
    compared.filter(({ world, controller }) => test(controller, world)).length
  return {
    notEmpty: having((names) => names.length > 0),
    empty: having((names) => names.length === 0),
    failed: having((names) => names.some((name) => name.startsWith('a failed'))),
    terminating: having((names, world) => names.some((name) => is(isTerminating, name, world))),
    withoutNode: having((names) => names.some((name) => /^(gone|lost)-/.test(name))),
    unbound: having((names, world) =>
      names.some((name) => is((pod) => !isBound(pod), name, world)),
    ),
  }
}

function is(test: (pod: Pod) => boolean, name: string, world: RandomWorld): boolean {
  const pod = podOf(name, world)
  return pod !== undefined && test(pod)
}
