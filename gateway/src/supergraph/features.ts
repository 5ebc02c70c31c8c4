import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES } from '@apollo/federation-internals'
import { Kind, parse, print, visit } from 'graphql'

/** What stock parts refuse and this gateway does: access rules, contextual arguments, costs, cache tags. */
const ours: ReadonlySet<string> = new Set([
  'https://specs.apollo.dev/authenticated/v0.1',
  'https://specs.apollo.dev/requiresScopes/v0.1',
  'https://specs.apollo.dev/policy/v0.1',
  'https://specs.apollo.dev/context/v0.1',
  'https://specs.apollo.dev/cost/v0.1',
  'https://specs.apollo.dev/cacheTag/v0.1',
])

/** The features that a supergraph may declare `for: SECURITY` or `for: EXECUTION`; one with any other is refused. */
export const supportedFeatures: Set<string> = new Set([...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, ...ours])

/** The same supergraph without the `for:` of features that this gateway does itself: with it, stock parts refuse the whole. */
export function withoutPurposes(sdl: string): string {
  const document = parse(sdl, { noLocation: true })
  let changed = false
  const result = visit(document, {
    Directive: (node) => {
      const url = node.arguments?.find((argument) => argument.name.value === 'url')?.value
      if (node.name.value !== 'link' || url?.kind !== Kind.STRING || !ours.has(url.value)) return undefined
      changed = true
      return { ...node, arguments: node.arguments?.filter((argument) => argument.name.value !== 'for') }
    },
  })
  return changed ? print(result) : sdl
}
