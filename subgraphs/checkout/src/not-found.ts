import { GraphQLError } from 'graphql'

/** What is asked for does not exist, or not for this viewer: both are the same answer, so that nobody learns which. */
export function notFound(what: 'cart' | 'order'): GraphQLError {
  return new GraphQLError(`There is no ${what} with this id that you may see.`, { extensions: { code: 'NOT_FOUND' } })
}
