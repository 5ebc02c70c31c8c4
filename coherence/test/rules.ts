import type { Edit } from '@commerce/local/shop/break.ts'

/** The rules of docs/caching.md, each broken. */
export const brokenRules = {
  'a gateway keeps fills that a change overtook': [
    {
      file: 'packages/cache/src/tagged.ts',
      find: 'if (isOvertaken(tags, begun)) {',
      replace: 'if (tags.length < 0) {',
    },
  ],
  'a loader keeps fills that a change overtook': [
    {
      file: 'packages/cache/src/loader.ts',
      find: 'entry.version === undefined || entry.version < floor',
      replace: 'entry.version !== undefined && entry.version < floor',
    },
    {
      file: 'packages/cache/src/loader.ts',
      find: 'coherence.serving && version >= coherence.floor(subject)',
      replace: 'true',
    },
  ],
  'a replica does not look at what the gateway has seen': [
    {
      file: 'packages/service/src/subgraph.ts',
      find: 'for (const [subject, version] of Object.entries(floors)) coherence.raise(subject, version)',
      replace: 'void floors',
    },
    {
      file: 'packages/service/src/subgraph.ts',
      find: 'feed ? coherence.onceCaughtUp(() => feed.has(seen), work) : work()',
      replace: 'work()',
    },
  ],
  'a gateway does not learn what a mutation changed': [
    { file: 'gateway/src/server.ts', find: 'caches.learn(result.changed ?? [])', replace: '' },
  ],
  'a gateway does not look at tokens': [
    {
      file: 'gateway/src/cache/consistency.ts',
      find: 'if (given) caches.learn(Object.entries(given.versions))',
      replace: '',
    },
  ],
  'a gateway serves although it hears nothing': [
    {
      file: 'packages/cache/src/coherence.ts',
      find: 'const hears = () => current && ',
      replace: 'const hears = () => ',
    },
    {
      file: 'packages/events/src/alive.ts',
      find: 'setTimeout(silent, STALLED_AFTER_MS)',
      replace: 'setTimeout(() => {})',
    },
  ],
  'a gateway serves although a source is stalled': [
    {
      file: 'packages/events/src/alive.ts',
      find: 'setTimeout(silent, STALLED_AFTER_MS)',
      replace: 'setTimeout(() => {})',
    },
  ],
  'lists have no tag of their type': [
    { file: 'packages/cache/src/tagged.ts', find: 'change(typeOf(subject))', replace: '' },
  ],
} satisfies Record<string, readonly Edit[]>

export type RuleName = keyof typeof brokenRules
