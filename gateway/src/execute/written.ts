import type { Result } from './operation.ts'

const texts = new WeakMap<object, string>()

/** Data that stands for an answer which is written already, for pipelines that want an object. */
export function writtenData({ text }: Result): Record<string, unknown> {
  const data = {}
  texts.set(data, text)
  return data
}

/** The whole answer that some data stands for; undefined for any other data. */
export function textOf(data: unknown): string | undefined {
  return typeof data === 'object' && data !== null ? texts.get(data) : undefined
}
