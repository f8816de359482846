import type { Reason } from '../../daemonset/decide.ts'
import { isLabelValue } from '../../daemonset/label-selector.ts'
import type { AffinityTerm } from '../../daemonset/node-affinity.ts'
import type { SelectorRequirement } from '../../kubernetes/objects.ts'
import { code, joined, plural, type Words, words } from '../../words/words.ts'
import { taintText } from './taints.ts'

/** One reason as a noun phrase, after "misscheduled because of". */
export function reasonWords(reason: Reason): Words {
  switch (reason.type) {
    case 'UntoleratedTaint':
      return words`the taint ${code(taintText(reason))}`
    case 'NodeName':
      return words`the template's nodeName ${code(reason.nodeName)}`
    case 'NodeSelector':
      return words`the node selector ${code(`${reason.key}=${reason.value}`)} (${actual(reason.actual)})`
    case 'NamespaceNodeSelector':
      return words`the namespace's node selector ${code(reason.selector)}`
    case 'NodeAffinity': {
      if (reason.terms.length === 0) return ['a node affinity without terms, which matches no node']
      const shown = reason.terms.slice(0, MOST_TERMS).map(termWords)
      const others = reason.terms.length - shown.length
      const more = others > 0 ? ` or ${others} more ${plural(others, 'term', 'terms')}` : ''
      return words`the node affinity ${joined(shown, ' or ')}${more}`
    }
  }
}

const MOST_TERMS = 2

/** What fails in one term of a node affinity: `zone In [a b]` (…). */
export function termWords({ failing: [failing], error, invalid }: AffinityTerm): Words {
  if (error !== undefined)
    return invalid ? words`${code(requirementText(invalid))} (invalid: ${error})` : [error]
  return failing ? words`${code(requirementText(failing))} (${actual(failing.actual)})` : []
}

/** `zone In [a b]`, `gpu Exists`. Values that are no label values are quoted. */
function requirementText({ key, operator, values = [] }: SelectorRequirement): string {
  const shown = values.map((value) =>
    value !== '' && isLabelValue(value) ? value : JSON.stringify(value),
  )
  return [
    key || '""',
    operator || '""',
    ...(shown.length > 0 ? [`[${shown.join(' ')}]`] : []),
  ].join(' ')
}

function actual(value: string | null): string {
  return value === null ? 'the node does not have this label' : `the node has "${value}"`
}
