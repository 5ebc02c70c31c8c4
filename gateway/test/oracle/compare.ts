import { composeServices } from '@apollo/composition'
import { GraphQLError, getOperationAST, parse, validate } from 'graphql'
import { isTooComplex } from '../../src/supergraph/planning.ts'
import { wholeSchema } from './cases.ts'
import { type Engine, openEngine } from './engine.ts'
import type { Model } from './model.ts'
import type { Asked } from './operations.ts'
import { subgraphSdl } from './sdl.ts'
import { newWorld, servePart, serveWhole } from './serve.ts'
import { type Part, partOf } from './split.ts'
import { universeOf } from './universe.ts'

/** A universe that runs: once behind the engine and once as one schema. */
export interface Running {
  model: Model
  engine: Engine
  whole: ReturnType<typeof serveWhole>
  sdls: string[]
  /** The names of fields for which there may be no plan. */
  unplannable: ReadonlySet<string>
}

/** How an operation ended: the same, different, refused by the planner, rightly without a plan, or it makes no sense (only while a case is made smaller). */
export type Verdict =
  | { kind: 'same' | 'too complex' | 'not planned' }
  | { kind: 'senseless'; why: string }
  | { kind: 'different'; report: string }

/** Composes and opens a universe; the reason when it does not compose. */
export async function run(model: Model): Promise<Running | { refused: string }> {
  const parts = model.subgraphs.map((subgraph) => partOf(model, subgraph))
  const sdls = parts.map((part) => subgraphSdl(model, part))
  const services = parts.map(({ subgraph }, index) => ({
    name: subgraph,
    url: `http://${subgraph}`,
    typeDefs: parse(sdls[index] as string, { noLocation: true }),
  }))
  const composed = composeServices(services)
  if (composed.errors) return { refused: composed.errors.map(({ message }) => message).join('\n') }
  const universe = universeOf(model, wholeSchema(model, true))
  const serve = new Map(parts.map((part) => [part.subgraph, servePart(universe, part)]))
  const engine = await openEngine(composed.supergraphSdl, serve)
  const unplannable = unplannableOf(model, parts)
  return { model, engine, whole: serveWhole(universe, wholeSchema(model)), sdls, unplannable }
}

/**
 * Composition lets pass what requires fields of an object that its subgraph cannot find again. No plan could be right where such
 * a field, or one that requires it, is asked for: these are the names of both.
 */
function unplannableOf(model: Model, parts: readonly Part[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { objects } of parts)
    for (const { fields, keys } of objects.values())
      for (const { field, mode } of fields.values())
        if (field.requires && mode === 'own' && keys.every(({ resolvable }) => !resolvable)) found.add(field.name)
  for (let size = -1; size < found.size; ) {
    size = found.size
    for (const { name, requires } of model.objects.flatMap(({ fields }) => fields))
      if (requires?.split(/\W+/).some((one) => found.has(one))) found.add(name)
  }
  return found
}

/** Asks both and compares: equal data with keys in the same order, and errors present or not. */
export async function compare({ model, engine, whole, sdls, unplannable }: Running, asked: Asked): Promise<Verdict> {
  const document = parse(asked.text)
  const operation = getOperationAST(document)?.operation
  if (!operation || !engine.apiSchema.getRootType(operation))
    return { kind: 'senseless', why: 'There is no such root.' }
  const [invalid] = [...validate(wholeSchemaOf(model), document), ...validate(engine.apiSchema, document)]
  if (invalid) return { kind: 'senseless', why: invalid.message }
  engine.plans()
  const world = newWorld(new Map(asked.faults))
  const expected = await whole(newWorld(new Map(asked.faults)), document, asked.variables)
  const wanted = expected.data === undefined ? undefined : JSON.stringify(expected.data)
  let got: Awaited<ReturnType<Engine['run']>>
  try {
    got = await engine.run(world, document, asked.text, asked.variables)
  } catch (error) {
    if (isTooComplex(error)) return { kind: 'too complex' }
    const isRefused = error instanceof GraphQLError && error.extensions.code === 'OPERATION_NOT_PLANNED'
    if (isRefused && asked.text.split(/\W+/).some((name) => unplannable.has(name))) return { kind: 'not planned' }
    got = { text: `the engine threw ${error instanceof Error ? error.stack : error}`, errors: [] }
  }
  const problems: string[] = []
  if (got.text !== wanted) problems.push('The data differ.')
  // A field of an interface object is asked of all its types: it may fail for one of which the client does not ask it.
  const told = got.errors.filter(({ path }) => !path || isAsked(expected.data, path))
  if (told.length > 0 !== (expected.errors?.length ?? 0) > 0) problems.push('Errors are there only once.')
  const paths = got.errors.map(({ path, message }) => `${path?.join('.')} ${message}`)
  if (new Set(paths).size < paths.length) problems.push('An error is told twice.')
  if (/_entities|undefined/.test(paths.join()) && wanted !== undefined)
    problems.push('An error is at no place of the answer.')
  if (problems.length === 0) return { kind: 'same' }
  const faults = asked.faults.map((fault) => fault.join(' ')).join(', ')
  const report = [
    ...problems,
    ...sdls.map((sdl, index) => `--- subgraph ${model.subgraphs[index]}\n${sdl.split('\n').slice(1).join('\n')}`),
    `--- operation\n${asked.text}\n--- variables ${JSON.stringify(asked.variables)}\n--- faults ${faults}`,
    `--- plan\n${engine.plans()}\n--- requests\n${world.requests.join('\n')}`,
    `--- expected\n${wanted}\n${JSON.stringify(expected.errors)}\n--- got\n${got.text}\n${JSON.stringify(got.errors)}`,
  ]
  return { kind: 'different', report: report.join('\n') }
}

const schemas = new WeakMap<Model, ReturnType<typeof wholeSchema>>()

function wholeSchemaOf(model: Model) {
  let schema = schemas.get(model)
  if (!schema) {
    schema = wholeSchema(model)
    schemas.set(model, schema)
  }
  return schema
}

/** Whether the answer has the place, or a null above it. */
function isAsked(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data
  for (const step of path) {
    if (value === null || typeof value !== 'object') return true
    if (!Object.hasOwn(value, step)) return false
    value = (value as Record<string | number, unknown>)[step]
  }
  return true
}
