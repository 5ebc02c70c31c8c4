import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Which cart each order was placed from. A run that was interrupted asks with the same key for the same cart, and so gets the
 * answer that was given before instead of a second order.
 */
export interface Journal {
  cartOf(key: string): string | undefined
  /** Kept before this returns. */
  note(key: string, cartId: string): void
}

/** Opens the journal in a file; a last line that was cut off is as if it had never been begun. */
export function openJournal(file: string): Journal {
  const carts = new Map<string, string>()
  for (const line of readIfThere(file).split('\n').slice(0, -1)) {
    const [key, cartId] = line.split('\t')
    if (key && cartId) carts.set(key, cartId)
  }
  mkdirSync(dirname(file), { recursive: true })
  return {
    cartOf: (key) => carts.get(key),
    note(key, cartId) {
      carts.set(key, cartId)
      appendFileSync(file, `${key}\t${cartId}\n`)
    },
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return ''
    throw error
  }
}
