import { completionsOf, type Popular } from '../demand/popular.ts'
import { BOUNDS, type Completions, type SearchEngine } from '../engine/port.ts'

/** What completes an input: what many searched for first, then what the index holds. */
export async function suggestionsFor(
  engine: Pick<SearchEngine, 'suggest'>,
  popular: Popular,
  typed: string,
  first: number,
): Promise<Completions> {
  const query = typed.slice(0, BOUNDS.queryCharacters)
  if (query.trim() === '') return { queries: [], categories: [], brands: [], products: [] }
  const found = await engine.suggest(query, first)
  const searched = completionsOf(popular, query, first)
  const known = new Set(searched.map(({ text }) => text))
  const words = found.queries.filter(({ text }) => !known.has(text.toLowerCase()))
  return { ...found, queries: [...searched, ...words].slice(0, first) }
}
