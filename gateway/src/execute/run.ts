import { fetchEntities, fetchInContexts } from './fetch-entities.ts'
import { fetchRoot } from './fetch-root.ts'
import type { Plan, Request } from './plan.ts'
import { withRollouts } from './rollouts.ts'
import type { Run } from './running.ts'

/**
 * Runs a plan to its end; subgraph failures become errors of the run and never reject. Resolves to whether no string that came
 * needs an escape in JSON.
 */
export function runPlan(given: Omit<Run, 'isPlain'>, plan: Plan): Promise<boolean> {
  const { requests } = plan
  const run: Run = { ...given, isPlain: true }
  if (plan.rollouts.length > 0) run.conditions = withRollouts(given.conditions, plan.rollouts, Math.random())
  if (plan.isContextual) run.keepsApart = true
  return new Promise((resolve, reject) => {
    const waitsFor = requests.map(({ after }) => after)
    let left = requests.length
    if (left === 0) resolve(run.isPlain)

    function start(request: Request): void {
      try {
        const isRoot = request.selections[0]?.parts[0]?.representation === undefined
        const { contexts } = request.selections[0]?.parts[0] ?? {}
        const work = isRoot
          ? fetchRoot(run, request)
          : contexts
            ? fetchInContexts(run, request, contexts)
            : fetchEntities(run, request)
        if (work) work.then(() => ended(request)).catch(reject)
        else ended(request)
      } catch (error) {
        reject(error)
      }
    }

    function ended(request: Request): void {
      left--
      if (left === 0) resolve(run.isPlain)
      for (const index of request.next) {
        waitsFor[index] = (waitsFor[index] as number) - 1
        if (waitsFor[index] === 0) start(requests[index] as Request)
      }
    }

    for (const request of requests) if (request.after === 0) start(request)
  })
}
