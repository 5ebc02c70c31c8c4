import type { Viewer } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { Operation } from '../execute/operation.ts'

/** Says which of these policies hold for a viewer. */
export type HoldPolicies = (policies: readonly string[], viewer: Viewer | null) => Promise<ReadonlySet<string>>

/** The operation as a viewer is shown it. Rejects with a GraphQLError when that cannot be planned, or not be decided in time. */
export type ShownTo = (operation: Operation, viewer: Viewer | null) => Operation | Promise<Operation>

const none: ReadonlySet<string> = new Set()

/** Decides by the viewer's token, and about policies by `hold`, which has `timeoutMs`; without it by the token's `policies` too. */
export function shownBy(hold: HoldPolicies | null, timeoutMs: number): ShownTo {
  async function asked(hold: HoldPolicies, operation: Operation, viewer: Viewer | null): Promise<Operation> {
    const { views } = operation
    if (!views) return operation
    return (await views.of(viewer, await inTime(hold(views.policies, viewer), timeoutMs))) ?? operation
  }
  return (operation, viewer) => {
    const { views } = operation
    if (!views) return operation
    if (hold && views.policies.length > 0) return asked(hold, operation, viewer)
    return views.of(viewer, viewer?.policies ? new Set(viewer.policies) : none) ?? operation
  }
}

function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      const extensions = { code: 'POLICIES_UNAVAILABLE' }
      const originalError = cause instanceof Error ? cause : undefined
      reject(new GraphQLError('What the viewer may read cannot be decided now.', { extensions, originalError }))
    }
    const timer = setTimeout(fail, timeoutMs, new Error(`no answer within ${timeoutMs} ms`))
    work.then(resolve, fail).finally(() => clearTimeout(timer))
  })
}
