import type { Edit } from '@commerce/local/shop/break.ts'

const silenceIsNotNoticed: Edit = {
  file: 'packages/events/src/alive.ts',
  whole: 'setTimeout(silent, STALLED_AFTER_MS)',
  broken: 'setTimeout(() => {})',
}

/** The rules of docs/caching.md, each broken. */
export const brokenRules = {
  'a gateway keeps fills that a change overtook': [
    { file: 'packages/cache/src/tagged.ts', whole: 'isOvertaken(tags, begun)', broken: 'false' },
  ],
  'a loader keeps fills that a change overtook': [
    {
      file: 'packages/cache/src/loader.ts',
      whole: 'entry.version === undefined || entry.version < floor',
      broken: 'entry.version !== undefined && entry.version < floor',
    },
    {
      file: 'packages/cache/src/loader.ts',
      whole: 'coherence.serving && version >= coherence.floor(subject)',
      broken: 'true',
    },
  ],
  'a replica does not look at what the gateway has seen': [
    { file: 'packages/service/src/subgraph.ts', whole: 'Object.entries(floors)', broken: '[]' },
    {
      file: 'packages/service/src/subgraph.ts',
      whole: 'feed ? coherence.onceCaughtUp(() => feed.has(seen), work) : work()',
      broken: 'work()',
    },
  ],
  'a gateway does not learn what a mutation changed': [
    { file: 'gateway/src/server.ts', whole: 'result.changed ?? []', broken: '[]' },
  ],
  'a gateway does not look at tokens': [
    { file: 'gateway/src/cache/consistency.ts', whole: 'Object.entries(given.versions)', broken: '[]' },
  ],
  'a gateway serves although it hears nothing': [
    {
      file: 'packages/cache/src/coherence.ts',
      whole: 'current && (waiting.getStore()?.() ?? true)',
      broken: 'waiting.getStore()?.() ?? true',
    },
    silenceIsNotNoticed,
  ],
  'a gateway serves although a source is stalled': [silenceIsNotNoticed],
  'lists have no tag of their type': [
    { file: 'packages/cache/src/tagged.ts', whole: 'typeOf(subject)', broken: 'subject' },
  ],
} satisfies Record<string, readonly Edit[]>

export type RuleName = keyof typeof brokenRules
