import type { ApolloServerPlugin } from '@apollo/server'
import { changesSoFar } from '@commerce/events/changes.ts'

/**
 * The answer to a mutation carries what was changed for it, also when it has errors: `extensions.changed`, event subject → version. Whoever
 * reads it knows of the change before its event arrives. Left out when nothing was changed.
 */
export const changesPlugin: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async willSendResponse({ operation, response: { body } }) {
      const changes = changesSoFar()
      if (operation?.operation !== 'mutation' || body.kind !== 'single' || changes.size === 0) return
      body.singleResult.extensions = { ...body.singleResult.extensions, changed: Object.fromEntries(changes) }
    },
  }),
}
