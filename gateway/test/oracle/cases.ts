import fc from 'fast-check'
import { buildSchema, type GraphQLSchema, Kind, parse, type SelectionSetNode, validate } from 'graphql'
import { type GenerateOptions, randomModel } from './generate.ts'
import { fieldsOf, type Model, named, type ObjectModel, objectOf, Random } from './model.ts'
import { type Asked, randomOperation } from './operations.ts'
import { wholeSdl } from './sdl.ts'
import { type Case, smaller } from './shrink.ts'
import { partOf } from './split.ts'
import { selectionOf } from './universe.ts'

/** What random cases may hold. */
export interface CaseOptions extends GenerateOptions {
  /** Operations on one universe: composing it costs more than asking it. */
  operations: number
  /** Whether fields answer null or throw. */
  faults: boolean
}

/** Random cases, made smaller by their structure when they fail. */
export function cases(options: CaseOptions): fc.Arbitrary<Case> {
  return new Cases(options)
}

class Cases extends fc.Arbitrary<Case> {
  readonly #options: CaseOptions
  constructor(options: CaseOptions) {
    super()
    this.#options = options
  }

  override generate(source: fc.Random): fc.Value<Case> {
    const r = new Random(source)
    const model = randomModel(r, this.#options)
    const schema = wholeSchema(model)
    const asked: Asked[] = []
    for (let tries = 0; asked.length < this.#options.operations && tries < this.#options.operations * 4; tries++) {
      const one = randomOperation(r, schema)
      if (validate(schema, parse(one.text)).length > 0) continue
      asked.push({ ...one, faults: this.#options.faults ? randomFaults(r, model) : [] })
    }
    return new fc.Value({ model, asked }, true)
  }

  override canShrinkWithoutContext(_value: unknown): _value is Case {
    return true
  }

  override shrink(one: Case): fc.Stream<fc.Value<Case>> {
    return fc.stream(smaller(one)).map((next) => new fc.Value(next, true))
  }
}

/** The universe of a model as one schema: what clients see, or with what is hidden from them. */
export function wholeSchema(model: Model, withHidden = false): GraphQLSchema {
  return buildSchema(
    wholeSdl(
      model,
      model.subgraphs.map((subgraph) => partOf(model, subgraph)),
      withHidden,
    ),
  )
}

/**
 * Coordinates of objects that answer null or throw; never a key, nor a field that another requires, nor any of the type of one:
 * what a client asks of such an object is fetched with it.
 */
function randomFaults(r: Random, model: Model): [string, 'null' | 'throw'][] {
  const required = requiredBy(model)
  const share = r.below(30) / 100
  return model.objects.flatMap((object) =>
    fieldsOf(model, object)
      .filter((one) => object.kind !== 'root' && !one.key && !required.has(one.name) && !required.has(object.name))
      .flatMap((one) =>
        Array.from({ length: model.instances }, (_, i) => `${object.name}.${object.offset + i}.${one.name}`)
          .filter(() => r.chance(share))
          .map((at): [string, 'null' | 'throw'] => [at, r.chance(0.5) ? 'null' : 'throw']),
      ),
  )
}

/** The names of all fields in `@requires`, and of the types of those that are objects. */
function requiredBy(model: Model): Set<string> {
  const found = new Set<string>()
  const add = (object: ObjectModel, set: SelectionSetNode) => {
    for (const node of set.selections) {
      const field =
        node.kind === Kind.FIELD ? fieldsOf(model, object).find((one) => one.name === node.name.value) : null
      if (!field || node.kind !== Kind.FIELD) continue
      found.add(field.name)
      const below = objectOf(model, named(field.type))
      if (!below || !node.selectionSet) continue
      found.add(below.name)
      add(below, node.selectionSet)
    }
  }
  for (const object of model.objects)
    for (const { requires } of fieldsOf(model, object)) if (requires) add(object, selectionOf(requires))
  return found
}
