import type { Reply } from './call.ts'
import { type SubgraphError, SubgraphFailure } from './failure.ts'

/** More errors than this in one answer are left out. */
const maxErrors = 500

/** One answer of a subgraph, checked for shape; `data` is null when it sent none. */
export interface Answer {
  data: { [key: string]: unknown } | null
  errors: SubgraphError[]
  /** No string in it was written with an escape, so none needs one. */
  isPlain: boolean
  /**
   * What it depends on, as the subgraph says it in the extensions that Apollo Router reads: for its root fields together, and for each
   * representation in the order in which they were asked for.
   */
  tags: readonly string[]
  entityTags: readonly (readonly string[])[]
  /** What a mutation changed: event subject → version. */
  changed: Readonly<Record<string, number>> | undefined
}

/** The GraphQL answer in a reply; throws a `SubgraphFailure` when there is none. Two calls share no object. */
export function readAnswer(service: string, reply: Reply): Answer {
  if (reply.text === null) throw unusable(service, reply, reply.unreadable ?? 'sent nothing')
  let value: unknown
  try {
    value = JSON.parse(reply.text)
  } catch {
    throw unusable(service, reply, `did not answer with JSON${typeOf(reply)}`)
  }
  const { data, errors, extensions } = isObject(value) ? value : {}
  const { apolloCacheTags, apolloEntityCacheTags, changed } = isObject(extensions) ? extensions : {}
  // Without data there must be an error (GraphQL specification, "Response Format"): else nobody could tell why all is null.
  const isAnswer =
    isObject(data) || ((data === null || data === undefined) && Array.isArray(errors) && errors.length > 0)
  if (!isAnswer) throw unusable(service, reply, 'did not answer with a GraphQL result')
  return {
    data: isObject(data) ? data : null,
    errors: subgraphErrors(errors, service),
    isPlain: !reply.text.includes('\\'),
    tags: textsOf(apolloCacheTags),
    entityTags: Array.isArray(apolloEntityCacheTags) ? apolloEntityCacheTags.map(textsOf) : [],
    changed: isObject(changed) ? versionsOf(changed) : undefined,
  }
}

function unusable(service: string, { status }: Reply, what: string): SubgraphFailure {
  // A proxy in front of a subgraph that is gone or busy answers with a page of its own.
  if (status >= 500 || status === 429) {
    return new SubgraphFailure('SUBGRAPH_UNAVAILABLE', service, `Subgraph "${service}" answered with status ${status}.`)
  }
  return new SubgraphFailure('SUBGRAPH_MALFORMED', service, `Subgraph "${service}" ${what}.`)
}

function typeOf({ contentType }: Reply): string {
  const type = /^[\w.+-]{1,40}\/[\w.+-]{1,40}/.exec(contentType ?? '')?.[0]
  return type === undefined || /json/i.test(type) ? '' : ` but with ${type}`
}

/** Whatever has no message gets one. */
function subgraphErrors(value: unknown, service: string): SubgraphError[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, maxErrors).map((error) => {
    const { message, path, extensions } = isObject(error) ? error : {}
    return {
      message: typeof message === 'string' ? message : `Subgraph "${service}" reported an error without a message.`,
      path: isPath(path) ? path : undefined,
      extensions: isObject(extensions) ? cleaned(extensions) : {},
    }
  })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function versionsOf(value: { [key: string]: unknown }): Record<string, number> {
  const versions = Object.entries(value).filter(([, version]) => Number.isSafeInteger(version))
  return Object.fromEntries(versions) as Record<string, number>
}

function isPath(value: unknown): value is (string | number)[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string' || typeof part === 'number')
}

/** `http` would set the status of the gateway's own answer; `__proto__` is never a real extension. */
function cleaned(extensions: { [key: string]: unknown }): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(extensions).filter(([key]) => key !== 'http' && key !== '__proto__'))
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
