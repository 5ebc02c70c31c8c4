import { GraphQLError } from 'graphql'

/** Checks that exactly one of the two ways to name something is given; throws `BAD_USER_INPUT` otherwise. */
export function exactlyOne(names: string, ...values: (string | null | undefined)[]): void {
  if (values.filter((value) => value != null).length !== 1) throw badInput(`Give exactly one of ${names}.`)
}

/** Checks the length of a list argument; throws `BAD_USER_INPUT` when it is too long. */
export function atMost<T>(max: number, name: string, list: readonly T[]): readonly T[] {
  if (list.length > max) throw badInput(`\`${name}\` may have at most ${max} entries, ${list.length} were given.`)
  return list
}

/** What the caller asked for is not there, and cannot be answered by leaving it out. */
export function notFound(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } })
}

/** The caller asked for something that makes no sense; `message` says what would. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
