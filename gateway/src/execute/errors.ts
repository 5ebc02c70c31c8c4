import { GraphQLError } from 'graphql'
import type { Path } from './places.ts'

/** More errors than this in one answer are counted, not listed. */
const maxErrors = 500

/** What went wrong for a whole fetch: one listed error stands for all the objects that lack its fields. */
interface Failure {
  error: GraphQLError
  message: string
  extensions: { [key: string]: unknown }
  places: Path[]
  field: string | undefined
}

/** Collects the errors of one answer and knows which places of it are already explained by one. */
export class Errors {
  readonly #list: GraphQLError[] = []
  readonly #failures: Failure[] = []
  readonly #explained: Path[] = []
  /** Paths that have an error: a field that two subgraphs share may fail in both. */
  readonly #told = new Set<string>()
  #left = 0
  #index: { failed: Set<string>; prefixes: Set<string> } | undefined

  add(message: string, path: Path | undefined, extensions: { [key: string]: unknown }): void {
    // Said before it is built: one bad answer can be wrong at a million places.
    if (this.#list.length >= maxErrors) {
      this.#left++
      return
    }
    if (path && path.length > 0) {
      const key = keyOf(path, path.length)
      if (this.#told.has(key)) return
      this.#told.add(key)
    }
    this.#push(new GraphQLError(message, { path, extensions }))
  }

  addAll(errors: readonly GraphQLError[]): void {
    for (const error of errors) this.#push(error)
  }

  /** Adds one error for all `places`, at the field that is missing in the first of them. */
  addFailure(message: string, places: Path[], field: string | undefined, extensions: { [key: string]: unknown }): void {
    const first = places[0] ?? []
    const counted = places.length > 1 ? { ...extensions, places: places.length } : extensions
    const error = new GraphQLError(message, {
      path: field === undefined ? first : [...first, field],
      extensions: counted,
    })
    this.#failures.push({ error, message, extensions, places, field })
    this.#push(error)
  }

  /** Whether anything was told or explained. */
  get any(): boolean {
    return this.#list.length > 0 || this.#explained.length > 0
  }

  /** Nulls at and under these places come from an error that is told elsewhere. */
  explain(places: readonly Path[]): void {
    this.#explained.push(...places)
    this.#index = undefined
  }

  /** True when a null at `path` needs no error of its own: one is at or under it, or the object's fetch failed. */
  explains(path: Path): boolean {
    this.#index ??= this.#build()
    if (this.#index.prefixes.has(keyOf(path, path.length))) return true
    for (let length = path.length; length > 0; length--) {
      if (this.#index.failed.has(keyOf(path, length))) return true
    }
    return false
  }

  /** The errors of one element of the list under the root field `field`, as if that element alone were there. */
  ofElement(field: string, index: number): Errors {
    const part = new Errors()
    const within = (path: readonly (string | number)[] | undefined) => path?.[0] === field && path[1] === index
    const without = (path: readonly (string | number)[]) => [field, ...path.slice(2)]
    const failures = new Set(this.#failures.map(({ error }) => error))
    for (const error of this.#list) {
      if (!failures.has(error) && error.path && within(error.path))
        part.add(error.message, without(error.path), error.extensions)
    }
    part.explain(this.#explained.filter(within).map(without))
    for (const failure of this.#failures) {
      const places = failure.places.filter(within).map(without)
      if (places.length > 0) part.addFailure(failure.message, places, failure.field, failure.extensions)
    }
    return part
  }

  /** All errors in the order in which they came, or undefined when there is none. */
  list(): GraphQLError[] | undefined {
    if (this.#list.length === 0) return undefined
    if (this.#left === 0) return this.#list
    const extensions = { code: 'TOO_MANY_ERRORS' }
    return [...this.#list, new GraphQLError(`${this.#left} more errors are left out.`, { extensions })]
  }

  #push(error: GraphQLError): void {
    this.#index = undefined
    if (this.#list.length < maxErrors) this.#list.push(error)
    else this.#left++
  }

  #build() {
    const failed = new Set<string>()
    for (const place of this.#explained) failed.add(keyOf(place, place.length))
    const prefixes = new Set<string>()
    for (const { places } of this.#failures) for (const place of places) failed.add(keyOf(place, place.length))
    for (const { path } of this.#list) {
      if (path) for (let length = 0; length <= path.length; length++) prefixes.add(keyOf(path, length))
    }
    return { failed, prefixes }
  }
}

function keyOf(path: readonly (string | number)[], length: number): string {
  let key = ''
  for (let i = 0; i < length; i++) key += `/${path[i]}`
  return key
}
