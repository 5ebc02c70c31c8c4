// Above the usual length because every limit is one line of the same measuring.
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql'
import type { OperationLimits } from '../config.ts'

/** An operation above a limit: `limit` names it, `actual` is what the operation has and `allowed` what it may have. */
export function overLimit(limit: string, what: string, actual: number, allowed: number): GraphQLError {
  const has = Math.min(actual, Number.MAX_SAFE_INTEGER)
  return new GraphQLError(`The operation has ${has} ${what}, ${allowed} are allowed.`, {
    extensions: { code: 'OPERATION_LIMIT', limit, actual: has, allowed },
  })
}

/**
 * Parses the text of an operation that is within the limits, in time that grows with the limits and not with the text. Throws a
 * GraphQLError: `OPERATION_LIMIT` (see `overLimit`), `GRAPHQL_PARSE_FAILED`, or for a fragment within itself
 * `GRAPHQL_VALIDATION_FAILED`. None needs the schema, so nothing that takes
 * longer than reading has begun.
 */
export function parseWithin(text: string, limits: OperationLimits): DocumentNode {
  if (text.length > limits.text) throw overLimit('characters', 'characters', text.length, limits.text)
  let document: DocumentNode
  try {
    checkTokens(text, limits)
    document = parse(text)
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) throw error
    const { message, source, positions } = error
    throw new GraphQLError(message, { source, positions, extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
  }
  const measured = measurer(document)
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) checkOperation(definition, measured, limits)
  }
  return document
}

/** Bodies up to this many characters are parsed as they are: whatever they nest takes no time. */
const harmless = 10_000

/** Throws `OPERATION_LIMIT` for a JSON body that is nested deeper than variables may be, without building what it nests. */
export function checkNesting(json: string, { variableDepth }: OperationLimits): void {
  if (json.length <= harmless) return
  let open = 0
  let inText = false
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (inText) {
      if (character === '\\') i++
      else if (character === '"') inText = false
    } else if (character === '"') inText = true
    else if (character === '}' || character === ']') open--
    else if (character === '{' || character === '[') {
      // The body and the variables in it are two levels themselves.
      if (++open > variableDepth + 2) throw overLimit('variableDepth', levels, open - 2, variableDepth)
    }
  }
}

const levels = 'levels of variables or more'

/** Throws `OPERATION_LIMIT` for variables that are nested too deeply or hold too many values to be looked at closely. */
export function checkVariables(variables: Readonly<Record<string, unknown>>, limits: OperationLimits): void {
  const { variableDepth, variableValues } = limits
  let count = 0
  let level: object[] = [variables]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > variableDepth) throw overLimit('variableDepth', levels, depth, variableDepth)
    const next: object[] = []
    for (const container of level) {
      const values = Object.values(container)
      count += values.length
      if (count > variableValues) {
        throw overLimit('variableValues', 'values in variables or more', count, variableValues)
      }
      for (const value of values) if (typeof value === 'object' && value !== null) next.push(value)
    }
    level = next
  }
}

/** Tokens are counted before they are parsed because the parser calls itself for every bracket. */
function checkTokens(text: string, { tokens, nesting }: OperationLimits): void {
  const lexer = new Lexer(new Source(text))
  let open = 0
  for (let count = 1; lexer.advance().kind !== TokenKind.EOF; count++) {
    if (count > tokens) throw overLimit('tokens', 'tokens or more', count, tokens)
    switch (lexer.token.kind) {
      case TokenKind.BRACE_L:
      case TokenKind.PAREN_L:
      case TokenKind.BRACKET_L:
        if (++open > nesting) throw overLimit('nesting', 'brackets in each other, or more', open, nesting)
        break
      case TokenKind.BRACE_R:
      case TokenKind.PAREN_R:
      case TokenKind.BRACKET_R:
        open--
    }
  }
}

/** What there is of everything once every fragment is spread. */
interface Size {
  depth: number
  aliases: number
  fields: number
  rootFields: number
  fragments: number
  directives: number
  /** The most directives at one place. */
  directivesAtOnce: number
  /** How often the most repeated response name is there in one selection set. */
  repeats: number
}

const nothing: Readonly<Size> = {
  depth: 0,
  aliases: 0,
  fields: 0,
  rootFields: 0,
  fragments: 0,
  directives: 0,
  directivesAtOnce: 0,
  repeats: 0,
}

function checkOperation(
  operation: OperationDefinitionNode,
  measured: (set: SelectionSetNode) => Size,
  limits: OperationLimits,
): void {
  const size = measured(operation.selectionSet)
  const own = operation.directives?.length ?? 0
  const rows: [limit: keyof OperationLimits, what: string, has: number][] = [
    ['depth', 'levels of fields', size.depth],
    ['aliases', 'aliases', size.aliases],
    ['rootFields', 'root fields', size.rootFields],
    ['fields', 'fields', size.fields],
    ['fragments', 'fragments', size.fragments],
    ['directives', 'directives', size.directives + own],
    ['directivesAtOnce', 'directives at one place', Math.max(size.directivesAtOnce, own)],
    ['repeats', 'times the same field in one selection', size.repeats],
    ['variables', 'variables', operation.variableDefinitions?.length ?? 0],
  ]
  for (const [limit, what, has] of rows) {
    if (has > limits[limit]) throw overLimit(limit, what, has, limits[limit])
  }
}

/** Each fragment is measured only once, so measuring is linear in the document, however often fragments are spread. */
function measurer(document: DocumentNode): (set: SelectionSetNode) => Size {
  const fragments = new Map(
    document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
  const known = new Map<string, Size | 'begun'>()

  function fragment(name: string): Size {
    const size = known.get(name)
    if (size === 'begun') throw circular(name)
    if (size) return size
    known.set(name, 'begun')
    const definition = fragments.get(name)
    const measured = definition ? measure(definition.selectionSet) : { ...nothing }
    addDirectives(measured, definition?.directives?.length ?? 0)
    known.set(name, measured)
    return measured
  }

  function measure(set: SelectionSetNode): Size {
    const total = { ...nothing }
    const times = new Map<string, number>()
    for (const node of set.selections) {
      addDirectives(total, node.directives?.length ?? 0)
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value
        const seen = (times.get(name) ?? 0) + 1
        times.set(name, seen)
        if (seen > total.repeats) total.repeats = seen
        total.fields++
        total.rootFields++
        if (node.alias) total.aliases++
        if (node.selectionSet) add(total, measure(node.selectionSet), true)
        else if (total.depth === 0) total.depth = 1
      } else {
        total.fragments++
        add(total, node.kind === Kind.INLINE_FRAGMENT ? measure(node.selectionSet) : fragment(node.name.value), false)
      }
    }
    return total
  }
  return measure
}

/** Validation's own error, before what is measured or estimated runs in a circle. */
function circular(name: string): GraphQLError {
  const extensions = { code: 'GRAPHQL_VALIDATION_FAILED' }
  return new GraphQLError(`Cannot spread fragment "${name}" within itself.`, { extensions })
}

function add(total: Size, below: Readonly<Size>, isField: boolean): void {
  total.depth = Math.max(total.depth, below.depth + (isField ? 1 : 0))
  total.aliases += below.aliases
  total.fields += below.fields
  if (!isField) total.rootFields += below.rootFields
  total.fragments += below.fragments
  total.directives += below.directives
  total.directivesAtOnce = Math.max(total.directivesAtOnce, below.directivesAtOnce)
  total.repeats = Math.max(total.repeats, below.repeats)
}

function addDirectives(size: Size, count: number): void {
  size.directives += count
  if (count > size.directivesAtOnce) size.directivesAtOnce = count
}
