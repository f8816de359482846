import type { Reason } from '../../daemonset/decide.ts'
import type { SelectorRequirement } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'
import { taintText } from './taints.ts'

/** One reason in words, as in "wrong there because of …". */
export function reasonWords(reason: Reason): Words {
  switch (reason.type) {
    case 'UntoleratedTaint':
      return words`the taint ${code(taintText(reason))}`
    case 'NodeName':
      return words`the template's nodeName ${code(reason.nodeName)}`
    case 'NodeSelector':
      return words`the node selector ${code(`${reason.key}=${reason.value}`)} (${actual(reason.actual)})`
    case 'NamespaceNodeSelector':
      return words`the node selector ${code(reason.selector)} of the namespace`
    case 'NodeAffinity': {
      const [term] = reason.terms
      if (!term) return ['a node affinity without any term, which matches no node']
      if (term.error) return words`a node affinity that cannot be read (${term.error})`
      const [failing] = term.failing
      const more = reason.terms.length > 1 ? `, and ${reason.terms.length - 1} more terms` : ''
      return failing
        ? words`the node affinity ${code(requirementText(failing))} (${actual(failing.actual)})${more}`
        : ['the node affinity']
    }
  }
}

/** `zone In [a b]`, `gpu Exists`. */
export function requirementText({ key, operator, values }: SelectorRequirement): string {
  return values && values.length > 0
    ? `${key} ${operator} [${values.join(' ')}]`
    : `${key} ${operator}`
}

function actual(value: string | null): string {
  return value === null ? 'the node has no such label' : `the node has "${value}"`
}
