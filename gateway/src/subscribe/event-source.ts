import { encodeKey } from '@commerce/events/subject.ts'
import { requireKey } from '@commerce/service/ids.ts'
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
  /** The type whose global ids the argument takes: the subject then has the key inside the id. */
  idOf: string | undefined
}

/** The subject of one value of the argument. Throws a `BAD_USER_INPUT` when the value is not the id that the source takes. */
export function subjectFor({ subject, argument, idOf }: EventSource, value: string): string {
  const key = idOf === undefined ? value : requireKey(value, idOf, argument)
  return subject.replace(`{${argument}}`, () => encodeKey(key))
}

/** The event sources of a supergraph by Subscription field; a field without one cannot be subscribed to. */
export function eventSourcesOf(supergraph: DocumentNode): Map<string, EventSource> {
  const sources = new Map<string, EventSource>()
  const types = new Set(
    supergraph.definitions.flatMap((one) => (one.kind === Kind.OBJECT_TYPE_DEFINITION ? [one.name.value] : [])),
  )
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
      const idOf = text('idOf') || undefined
      if (idOf !== undefined && !types.has(idOf)) {
        throw new Error(`@eventSource on Subscription.${field.name.value}: "idOf" names no type of the graph: ${idOf}.`)
      }
      sources.set(field.name.value, {
        subject: text('subject'),
        argument,
        snapshot: text('snapshot'),
        key: text('key'),
        idOf,
      })
    }
  }
  return sources
}
