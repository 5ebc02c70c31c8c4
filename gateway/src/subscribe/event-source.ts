import { type DocumentNode, Kind } from 'graphql'

/** What `@eventSource` says of one field of Subscription. */
export interface EventSource {
  /** The event subject, with one argument's name in braces: one subject per value of it. */
  subject: string
  /** The argument in the template. */
  argument: string
  /** A Query field of the same subgraph that lists the current state for the same arguments. */
  snapshot: string
  /** The payload's field that holds a value of the argument. */
  key: string
}

/** The event sources of a supergraph by Subscription field; a field without one cannot be subscribed to. */
export function eventSourcesOf(supergraph: DocumentNode): Map<string, EventSource> {
  const sources = new Map<string, EventSource>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Subscription') continue
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find((one) => one.name.value === 'eventSource')
      if (!directive) continue
      const text = (name: string) => {
        const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
        return value?.kind === Kind.STRING ? value.value : ''
      }
      const argument = /\{(\w+)\}/.exec(text('subject'))?.[1]
      if (argument === undefined || !field.arguments?.some((one) => one.name.value === argument)) {
        throw new Error(
          `@eventSource on Subscription.${field.name.value} needs an argument of the field in braces in its subject.`,
        )
      }
      sources.set(field.name.value, {
        subject: text('subject'),
        argument,
        snapshot: text('snapshot'),
        key: text('key'),
      })
    }
  }
  return sources
}
