import { ProtobufError } from './cursor.ts'
import {
  anyFlag,
  anyNumber,
  anyText,
  converted,
  type Field,
  flag,
  inlined,
  type Message,
  many,
  map,
  message,
  number,
  one,
  text,
  texts,
} from './message.ts'

/*
 * Nodes and pods with the fields that `snapshot/reduce.ts` keeps. Numbers are those of
 * https://github.com/kubernetes/api/blob/master/core/v1/generated.proto and
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/generated.proto, which
 * never change; whether an empty value is left out is said by the `json` tags in `types.go` beside
 * them.
 */

const textEntry = message({ 1: anyText('key'), 2: anyText('value') })
const textMap = (name: string) => map(name, textEntry)
const quantity = message({ 1: anyText('string') })
const quantityEntry = message({
  1: anyText('key'),
  2: converted('value', quantity, ({ string = '0' }) => string),
})
const quantityMap = (name: string) => map(name, quantityEntry)

const timestamp = message({ 1: anyNumber('seconds'), 2: anyNumber('nanos') })

/** A time in whole seconds. The zero time is an empty message, and null in JSON. */
function time(name: string): Field {
  return converted(name, timestamp, ({ seconds }) => {
    if (typeof seconds !== 'number') return undefined
    // The years that RFC 3339 can write.
    if (seconds < -62_167_219_200 || seconds > 253_402_300_799)
      throw new ProtobufError(`${seconds} s after 1970 is no time`)
    return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
  })
}

const STATUS_ONLY = '{"f:status"'

/**
 * The tree of a managedFields entry, which is JSON. The fields of a status are not read of nodes
 * and pods, and keys are sorted: an entry that starts with them has no others.
 */
const fieldsV1 = converted('fieldsV1', message({ 1: text('raw') }), ({ raw }): unknown => {
  return typeof raw !== 'string' || raw.startsWith(STATUS_ONLY) ? undefined : parsed(raw)
})

/** Trees by their text: the nodes of a pool and the pods of a DaemonSet have the same ones. */
const trees = new Map<string, unknown>()
const MOST_TREES = 500

function parsed(raw: string): unknown {
  const known = trees.get(raw)
  if (known !== undefined) return known
  let tree: unknown
  try {
    tree = JSON.parse(raw)
  } catch {
    throw new ProtobufError('is not JSON')
  }
  if (trees.size >= MOST_TREES) trees.clear()
  trees.set(raw, tree)
  return tree
}

const metadata = message({
  1: text('name'),
  2: text('generateName'),
  3: text('namespace'),
  5: text('uid'),
  6: text('resourceVersion'),
  7: number('generation'),
  8: time('creationTimestamp'),
  9: time('deletionTimestamp'),
  10: anyNumber('deletionGracePeriodSeconds'),
  11: textMap('labels'),
  12: textMap('annotations'),
  13: many(
    'ownerReferences',
    message({
      1: anyText('kind'),
      3: anyText('name'),
      4: anyText('uid'),
      5: anyText('apiVersion'),
      6: anyFlag('controller'),
    }),
  ),
  14: texts('finalizers'),
  17: many(
    'managedFields',
    message({
      1: text('manager'),
      2: text('operation'),
      4: time('time'),
      7: fieldsV1,
      8: text('subresource'),
    }),
  ),
})

const conditions = message({
  1: anyText('type'),
  2: anyText('status'),
  4: time('lastTransitionTime'),
  5: text('reason'),
  6: text('message'),
})
const nodeConditions = message({
  1: anyText('type'),
  2: anyText('status'),
  3: time('lastHeartbeatTime'),
  4: time('lastTransitionTime'),
  5: text('reason'),
  6: text('message'),
})

/** A Node. */
export const nodeMessage: Message = message({
  1: one('metadata', metadata),
  2: one(
    'spec',
    message({
      3: text('providerID'),
      4: flag('unschedulable'),
      5: many(
        'taints',
        message({
          1: anyText('key'),
          2: text('value'),
          3: anyText('effect'),
          4: time('timeAdded'),
        }),
      ),
    }),
  ),
  3: one(
    'status',
    message({
      2: quantityMap('allocatable'),
      4: many('conditions', nodeConditions),
      7: one('nodeInfo', message({ 7: anyText('kubeletVersion') })),
    }),
  ),
})

const requirement = message({ 1: anyText('key'), 2: anyText('operator'), 3: texts('values') })
const nodeSelector = message({
  1: many(
    'nodeSelectorTerms',
    message({ 1: many('matchExpressions', requirement), 2: many('matchFields', requirement) }),
  ),
})
const affinity = message({
  1: one(
    'nodeAffinity',
    message({ 1: one('requiredDuringSchedulingIgnoredDuringExecution', nodeSelector) }),
  ),
})
const toleration = message({
  1: text('key'),
  2: text('operator'),
  3: text('value'),
  4: text('effect'),
  5: anyNumber('tolerationSeconds'),
})
const container = message({
  1: anyText('name'),
  2: text('image'),
  8: one('resources', message({ 2: quantityMap('requests') })),
})
const volume = message({
  1: anyText('name'),
  2: inlined('volumeSource', message({ 1: one('hostPath', message({ 1: anyText('path') })) })),
})

const containerState = message({
  1: one('waiting', message({ 1: text('reason'), 2: text('message') })),
  3: one(
    'terminated',
    message({ 1: anyNumber('exitCode'), 3: text('reason'), 4: text('message') }),
  ),
})
const containerStatus = message({
  1: anyText('name'),
  2: one('state', containerState),
  3: one('lastState', containerState),
  4: anyFlag('ready'),
  5: anyNumber('restartCount'),
})

/** A Pod. */
export const podMessage: Message = message({
  1: one('metadata', metadata),
  2: one(
    'spec',
    message({
      1: many('volumes', volume),
      2: many('containers', container),
      4: anyNumber('terminationGracePeriodSeconds'),
      7: textMap('nodeSelector'),
      10: text('nodeName'),
      11: flag('hostNetwork'),
      18: one('affinity', affinity),
      22: many('tolerations', toleration),
      24: text('priorityClassName'),
      36: one('os', message({ 1: anyText('name') })),
    }),
  ),
  3: one(
    'status',
    message({
      1: text('phase'),
      2: many('conditions', conditions),
      4: text('reason'),
      8: many('containerStatuses', containerStatus),
      10: many('initContainerStatuses', containerStatus),
    }),
  ),
})

/** An error of the API server. */
export const statusMessage: Message = message({ 3: text('message'), 4: text('reason') })

/** Metadata of a list. */
export const listMetaMessage: Message = message({ 3: text('continue') })
