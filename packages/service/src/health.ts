import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJson } from './http.ts'

/** Named conditions a process needs to serve; each answers true or a sentence that says what is missing. */
export type Checks = Record<string, () => true | string | Promise<true | string>>

/**
 * Answers `/health/live` (the process runs) and `/health/ready` (503 until every check is true); false when the request
 * is for something else.
 */
export async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  checks: Checks,
): Promise<boolean> {
  const path = request.url?.split('?')[0]
  if (path === '/health/live') {
    answerJson(response, 200, { status: 'live' })
    return true
  }
  if (path !== '/health/ready') return false
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
  )
  const ready = results.every(([, result]) => result === true)
  answerJson(response, ready ? 200 : 503, {
    status: ready ? 'ready' : 'not ready',
    checks: Object.fromEntries(results),
  })
  return true
}

async function outcome(check: Checks[string]): Promise<true | string> {
  try {
    return await check()
  } catch (error) {
    return (error as Error).message
  }
}
