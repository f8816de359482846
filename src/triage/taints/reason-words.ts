import type { Reason } from '../../daemonset/decide.ts'
import type { SelectorRequirement } from '../../kubernetes/objects.ts'
import { code, plural, type Words, words } from '../../words/words.ts'
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
      const [term] = reason.terms
      if (!term) return ['a node affinity without terms, which matches no node']
      if (term.error) return words`an invalid node affinity (${term.error})`
      const [failing] = term.failing
      const others = reason.terms.length - 1
      const more = others > 0 ? `, and ${others} more ${plural(others, 'term', 'terms')}` : ''
      return failing
        ? words`the node affinity ${code(requirementText(failing))} (${actual(failing.actual)})${more}`
        : ['the node affinity']
    }
  }
}

/** `zone In [a b]`, `gpu Exists`. */
function requirementText({ key, operator, values }: SelectorRequirement): string {
  return values && values.length > 0
    ? `${key} ${operator} [${values.join(' ')}]`
    : `${key} ${operator}`
}

function actual(value: string | null): string {
  return value === null ? 'the node does not have this label' : `the node has "${value}"`
}
