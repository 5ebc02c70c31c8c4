import { registerHooks } from 'node:module'
import { brokenRules, type Edit, type RuleName } from './rules.ts'

/*
 * Loaded into a process before its own code (`node --import break.ts?rule=...`): breaks one rule of the caches while their files are
 * loaded. A line that is not there exactly once fails the process, so that no break can vanish unseen.
 */
const rule = new URL(import.meta.url).searchParams.get('rule') as RuleName
const edits: readonly Edit[] = brokenRules[rule]

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
