import { readFileSync } from 'node:fs'

/** The GraphQL documents that a page of `docs/` shows, in its order: tests hold them against the schema. Throws when it shows none. */
export function shownGraphql(page: string): string[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
  const shown = [...text.matchAll(/```graphql\n(.*?)```/gs)].map(([, document = '']) => document)
  if (shown.length === 0) throw new Error(`docs/${page} shows no GraphQL.`)
  return shown
}
