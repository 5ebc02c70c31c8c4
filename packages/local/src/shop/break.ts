import { registerHooks } from 'node:module'
import type { ShopProcess } from './process.ts'

/**
 * One expression of the product, and what stands there while a rule is broken; neither begins a line: a statement would run on into it. Or
 * some text of it, and what stands there always, made of the expression that says whether the rule is broken.
 */
export type Edit = {
  /** The end of the file's path. */
  file: string
  whole: string
} & ({ broken: string } | { either(isBroken: string): string })

/** Node's options for processes in which rules can be broken: those of `brokenRules`, edits by the names of rules, of the module with this URL. */
export function breakable(rules: string): readonly string[] {
  return ['--import', `${import.meta.url}?${new URLSearchParams({ rules })}`]
}

/** From now on this rule is broken in a process that was started `breakable`, and no other; null mends all. */
export function breakRule(process: ShopProcess, broken: string | null): Promise<void> {
  return process.tell({ broken })
}

declare global {
  var brokenRule: string | null
}

/*
 * Loaded into a process before its own code: while the files of the product are loaded, each expression that a rule stands on gets the broken
 * one beside it. The rule that a message names, `{ broken: rule }`, is broken from then on. An expression that is not there exactly once fails
 * the process, so that no break can vanish unseen.
 */
const rules = new URL(import.meta.url).searchParams.get('rules')
if (rules !== null) {
  globalThis.brokenRule = null
  const { brokenRules } = (await import(rules)) as { brokenRules: Record<string, readonly Edit[]> }
  const edits = Object.entries(brokenRules).flatMap(([rule, edits]) => edits.map((edit) => ({ rule, ...edit })))
  process.on('message', (message: { broken?: string | null }) => {
    if (message.broken === undefined) return
    globalThis.brokenRule = message.broken
    process.send?.({ broken: message.broken })
  })
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const due = edits.filter(({ file }) => url.endsWith(`/${file}`))
      if (due.length === 0) return loaded
      let source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source)
      for (const edit of due) {
        const { file, whole } = edit
        const found = source.split(whole).length - 1
        if (found !== 1)
          throw new Error(`${file} has "${whole}" ${found} times: the break of a rule has to follow the code.`)
        const isBroken = `globalThis.brokenRule === ${JSON.stringify(edit.rule)}`
        const either = 'either' in edit ? edit.either(isBroken) : `(${isBroken} ? (${edit.broken}) : (${whole}))`
        source = source.replace(whole, () => either)
      }
      return { ...loaded, source }
    },
  })
}
