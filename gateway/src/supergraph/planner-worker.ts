// The entry of the planner's thread: see planner.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { GraphQLError } from 'graphql'
import type { FromPlanner, ToPlanner } from './planner-messages.ts'
import { isTooComplex, openPlanning } from './planning.ts'

const tell = (message: FromPlanner) => parentPort?.postMessage(message)

try {
  const planning = openPlanning(workerData.sdl)
  parentPort?.on('message', ({ text, operationName }: ToPlanner) => {
    try {
      tell({ kind: 'plan', plan: planning.plan(text, operationName) })
    } catch (error) {
      tell(refusal(error))
    }
  })
  tell({ kind: 'ready', description: workerData.isDescribed ? null : planning.describe() })
} catch (error) {
  tell(refusal(error))
}

function refusal(error: unknown): FromPlanner {
  if (isTooComplex(error)) return { kind: 'too complex' }
  const message = error instanceof Error ? error.message : String(error)
  const { extensions = null, originalError } = error instanceof GraphQLError ? error : {}
  const reason = originalError?.message ?? null
  return { kind: 'refused', message, extensions: extensions && JSON.stringify(extensions), reason }
}
