import { registerHooks } from 'node:module'
import { brokenRules } from './rules.ts'

/*
 * Loaded into a process before its own code (`node --import break.ts`): while the files of the caches are loaded, each line that a rule
 * stands on gets the broken one beside it. The rule that a message names, `{ broken: rule }`, is broken from then on, and no other; null
 * mends all. A line that is not there exactly once fails the process, so that no break can vanish unseen.
 */
declare global {
  var brokenRule: string | null
}
globalThis.brokenRule = null

process.on('message', (message: { broken?: string | null }) => {
  if (message.broken === undefined) return
  globalThis.brokenRule = message.broken
  process.send?.({ broken: message.broken })
})

const edits = Object.entries(brokenRules).flatMap(([rule, edits]) => edits.map((edit) => ({ rule, ...edit })))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const due = edits.filter(({ file }) => url.endsWith(`/${file}`))
    if (due.length === 0) return loaded
    let source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source)
    for (const { rule, file, whole, broken } of due) {
      const found = source.split(whole).length - 1
      if (found !== 1)
        throw new Error(`${file} has "${whole}" ${found} times: the break of a rule has to follow the code.`)
      const either = `(globalThis.brokenRule === ${JSON.stringify(rule)} ? (${broken}) : (${whole}))`
      source = source.replace(whole, () => either)
    }
    return { ...loaded, source }
  },
})
