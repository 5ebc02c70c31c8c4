import fc from 'fast-check'
import { type CaseOptions, cases } from './cases.ts'
import { compare, type Running, run } from './compare.ts'
import type { Model } from './model.ts'
import type { Case } from './shrink.ts'

/** What a search did; `failure` is a report of the smallest case that differs, and how to repeat it. */
export interface Search {
  failure: string | undefined
  operations: number
  /** Universes that ran, and those that the generator made but that do not compose. */
  universes: number
  refused: number
  /** Why they do not compose, and how often. */
  reasons: Map<string, number>
  seconds: number
}

/** Which cases are searched; `path` repeats one failure of a seed. */
export interface SearchOptions {
  seed: number
  path: string | undefined
  universes: number
}

/** Asks random operations of random universes until one answer differs. */
export async function search(options: CaseOptions, { seed, path, universes }: SearchOptions): Promise<Search> {
  const found: Search = { failure: undefined, operations: 0, universes: 0, refused: 0, reasons: new Map(), seconds: 0 }
  const running = new WeakMap<Model, Promise<Running | { refused: string }>>()
  const property = async ({ model, asked }: Case) => {
    const opened = running.get(model) ?? run(model).catch((error: Error) => ({ refused: error.message }))
    running.set(model, opened)
    const universe = await opened
    if ('refused' in universe) {
      // While a case is made smaller most of what is tried makes no sense.
      if (found.failure !== undefined) return fc.pre(false)
      found.refused++
      const reason = universe.refused.split('\n').slice(0, 3).join(' ')
      found.reasons.set(reason, (found.reasons.get(reason) ?? 0) + 1)
      return fc.pre(false)
    }
    if (found.failure === undefined) found.universes++
    for (const one of asked) {
      const verdict = await compare(universe, one)
      if (verdict.kind === 'different') {
        found.failure = verdict.report
        throw new Error(verdict.report)
      }
      if (verdict.kind === 'senseless') {
        if (asked.length > 1)
          throw new Error(
            `The oracle made a senseless operation: ${verdict.why}\n${one.text}\n${universe.sdls.join('\n')}`,
          )
        return fc.pre(false)
      }
      if (found.failure === undefined && verdict.kind === 'same') found.operations++
    }
  }
  const begun = performance.now()
  const parameters = { seed, ...(path && { path }), numRuns: universes, maxSkipsPerRun: 10 }
  const details = await fc.check(fc.asyncProperty(cases(options), property), parameters)
  found.seconds = (performance.now() - begun) / 1000
  if (details.failed) {
    const error =
      details.errorInstance instanceof Error ? details.errorInstance.message : 'Too many universes did not compose.'
    found.failure = `${error}\nRepeat with ORACLE_SEED=${details.seed} ORACLE_PATH=${details.counterexamplePath}`
  }
  return found
}
