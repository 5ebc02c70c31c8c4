import type { Result } from './operation.ts'

const results = new WeakMap<object, Result>()

/** Data that stands for an answer which is written already, for pipelines that want an object. */
export function writtenData(result: Result): Record<string, unknown> {
  const data = {}
  results.set(data, result)
  return data
}

/** The whole answer that some data stands for; undefined for any other data. */
export function resultOf(data: unknown): Result | undefined {
  return typeof data === 'object' && data !== null ? results.get(data) : undefined
}

/** Whether an answer has the entry `data`, be it null: it comes last, so without it the list of errors does. */
export function holdsData({ text, errors }: Result): boolean {
  return !errors || !text.endsWith(']}')
}
