import { registerHooks } from 'node:module'

/** One line of the product, and what stands there when a rule is broken. */
export interface Edit {
  /** The end of the file's path. */
  file: string
  find: string
  replace: string
}

/**
 * Node's options for processes in which a rule is broken. `rules` is the URL of a module whose export `brokenRules` has the edits by the
 * names of the rules.
 */
export function breaking(rules: string, rule: string): readonly string[] {
  const search = new URLSearchParams({ rules, rule })
  return ['--import', `${import.meta.url}?${search}`]
}

/*
 * Loaded into a process before its own code: breaks one rule of the product while its files are loaded. A line that is not there exactly once
 * fails the process, so that no break can vanish unseen.
 */
const { searchParams } = new URL(import.meta.url)
const [rules, rule] = [searchParams.get('rules'), searchParams.get('rule')]
if (rules !== null && rule !== null) {
  const { brokenRules } = (await import(rules)) as { brokenRules: Record<string, readonly Edit[]> }
  const edits = brokenRules[rule]
  if (!edits) throw new Error(`${rules} has no edits for "${rule}".`)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const due = edits.filter(({ file }) => url.endsWith(`/${file}`))
      if (due.length === 0) return loaded
      let source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source)
      for (const { file, find, replace } of due) {
        const found = source.split(find).length - 1
        if (found !== 1)
          throw new Error(`${file} has "${find}" ${found} times: the break of a rule has to follow the code.`)
        source = source.replace(find, () => replace)
      }
      return { ...loaded, source }
    },
  })
}
