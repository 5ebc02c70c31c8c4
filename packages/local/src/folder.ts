import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SetupError } from './failure.ts'

/** Makes a folder and those above it where they are missing. Throws `SetupError` when that cannot be. */
export function makeFolder(folder: string, mode = 0o777): void {
  const path = resolve(folder)
  try {
    // One by one: where a file system refuses (/proc), making them all at once never ends.
    const missing: string[] = []
    for (let next = path; !existsSync(next); next = dirname(next)) missing.push(next)
    for (const next of missing.reverse()) mkdirSync(next, { mode })
    mkdirSync(path, { recursive: true }) // a file in its place is told here
  } catch (error) {
    throw unusable(folder, error)
  }
}

/** What is said of a data folder that cannot be used. */
export function unusable(folder: string, error: unknown): SetupError {
  return new SetupError(
    `The data folder ${folder} cannot be used (${(error as Error).message}): make it writable, or set DATA_DIR to a folder that is.`,
  )
}
