// Long because a model's parts are chosen with an eye on each other: a split that nobody could compose would only be thrown away.
import {
  type ArgModel,
  type FieldModel,
  type InterfaceModel,
  interfaceOf,
  type Model,
  named,
  type ObjectModel,
  objectOf,
  type Random,
} from './model.ts'

/** Which constructs the generator may use besides those that are always there. */
export interface GenerateOptions {
  /** `@requires(fields: "price(currency: EUR)")`. */
  requiresArguments: boolean
}

const leaves = ['ID', 'String', 'Int', 'Float', 'Boolean', 'Json', 'Color', 'Shade']
// Names that every JavaScript object inherits, and names that several types share.
const fieldNames = [
  'name',
  'size',
  'price',
  'rank',
  'constructor',
  'toString',
  'label',
  'stock',
  'parts',
  'next',
  'owner',
  'best',
  'valueOf',
]

/** A random universe, split at random over two to four subgraphs. */
export function randomModel(r: Random, options: GenerateOptions): Model {
  const subgraphs = ['a', 'b', 'c', 'd'].slice(0, 2 + r.below(3))
  const model: Model = {
    subgraphs,
    instances: 2 + r.below(2),
    salt: r.below(1_000_000),
    objects: [],
    interfaces: [],
    unions: [],
    enums: [
      { name: 'Color', values: ['RED', 'GREEN', 'BLUE'], without: {} },
      {
        name: 'Shade',
        values: ['DARK', 'LIGHT', 'ODD'],
        without: r.chance(0.5) ? { [r.pick(subgraphs)]: ['ODD'] } : {},
      },
    ],
    inputs: [
      {
        name: 'Range',
        fields: [arg('min', 'Int'), arg('max', 'Int!', '9'), arg('color', 'Color', 'RED')],
        extra: r.chance(0.3) ? { [r.pick(subgraphs)]: [arg('secret', 'String')] } : {},
      },
      { name: 'Filter', fields: [arg('range', 'Range'), arg('any', '[String]'), arg('ranges', '[Range!]')], extra: {} },
    ],
  }
  addEntities(r, model)
  addValues(r, model)
  addInterfaces(r, model)
  addUnions(r, model)
  addFields(r, model, options)
  addRoots(r, model)
  return model
}

function arg(name: string, type: string, value: string | null = null): ArgModel {
  return { name, type, default: value }
}

function field(name: string, type: string, rest: Partial<FieldModel> = {}): FieldModel {
  const none = { args: [], owners: null, key: false, requires: null, provides: null, overrides: null, hidden: false }
  return { name, type, ...none, ...rest }
}

function addEntities(r: Random, model: Model): void {
  const count = 1 + r.below(4)
  for (let i = 0; i < count; i++) {
    const object: ObjectModel = {
      name: `E${i}`,
      kind: 'entity',
      subgraphs: model.subgraphs,
      keys: [],
      fields: [],
      offset: r.chance(0.5) ? 0 : i * model.instances,
    }
    model.objects.push(object)
    if (r.chance(0.7)) easyKeys(r, model, object)
    else chainOfKeys(r, object)
  }
}

/** `id` is a key everywhere; some subgraphs have another one, too. */
function easyKeys(r: Random, model: Model, object: ObjectModel): void {
  const id = { fields: 'id', in: object.subgraphs.map((subgraph) => ({ subgraph, resolvable: true })) }
  object.keys.push(id)
  object.fields.push(field('id', 'ID!', { key: true, owners: object.subgraphs }))
  if (!r.chance(0.4)) return
  const owners = r.some(object.subgraphs, 0.6)
  if (owners.length === 0) return
  const [fields, added] = otherKey(r, model, object)
  for (const one of added) object.fields.push({ ...one, owners })
  const places = owners.map((subgraph) => ({ subgraph, resolvable: r.chance(0.6) }))
  if (r.chance(0.5)) object.keys.unshift({ fields, in: places })
  else object.keys.push({ fields, in: places })
}

function otherKey(r: Random, model: Model, object: ObjectModel): [string, FieldModel[]] {
  const key = (name: string, type: string) => field(name, type, { key: true, owners: [] })
  const hidden = r.chance(0.2)
  const other = model.objects.find((one) => one !== object && one.keys[0]?.fields === 'id' && one.keys.length === 1)
  switch (r.below(5)) {
    case 0:
      return ['sku', [{ ...key('sku', r.pick(['String!', 'Int!', 'ID!', 'String'])), hidden }]]
    case 1:
      return ['region number', [key('region', 'String!'), { ...key('number', 'Int!'), hidden }]]
    case 2:
      return ['tags', [key('tags', '[String!]!')]]
    case 3:
      if (other) return [`parent { id } number`, [key('parent', `${other.name}!`), key('number', 'Int!')]]
  }
  return ['code', [key('code', 'Json!')]]
}

/** Each subgraph shares a key only with the next one. */
function chainOfKeys(r: Random, object: ObjectModel): void {
  const order = r.shuffled(object.subgraphs)
  const owned = new Map<string, string[]>()
  for (let i = 0; i + 1 < order.length; i++) {
    const pair = order.slice(i, i + 2)
    const fields = i === 0 ? 'id' : `key${i}`
    object.keys.push({ fields, in: pair.map((subgraph) => ({ subgraph, resolvable: true })) })
    owned.set(fields, pair)
  }
  for (const [name, owners] of owned)
    object.fields.push(field(name, name === 'id' ? 'ID!' : 'String!', { key: true, owners }))
}

function addValues(r: Random, model: Model): void {
  const count = r.below(3)
  for (let i = 0; i < count; i++)
    model.objects.push({ name: `V${i}`, kind: 'value', subgraphs: model.subgraphs, keys: [], fields: [], offset: 0 })
}

function addInterfaces(r: Random, model: Model): void {
  const easy = model.objects.filter(
    (one) =>
      one.kind === 'entity' && one.keys.some((key) => key.fields === 'id' && key.in.length === model.subgraphs.length),
  )
  if (r.chance(0.35)) {
    const home = r.pick(model.subgraphs)
    const others = r.some(
      model.subgraphs.filter((one) => one !== home),
      0.6,
    )
    const members = easy.filter((one) => one.keys.length === 1 && !isNested(model, one)).slice(0, 1 + r.below(3))
    if (others.length > 0 && members.length > 0) {
      for (const [index, member] of members.entries()) {
        member.subgraphs = model.subgraphs.filter((one) => !others.includes(one))
        member.keys = [{ fields: 'id', in: member.subgraphs.map((subgraph) => ({ subgraph, resolvable: true })) }]
        for (const one of member.fields) one.owners = member.subgraphs
        member.offset = 100 + index * model.instances
      }
      model.interfaces.push({
        name: 'Node',
        fields: [{ name: 'id', type: 'ID!', args: [] }],
        members: { [home]: members.map((one) => one.name) },
        asObject: { subgraphs: others, fields: [] },
      })
    }
  }
  const candidates = [
    ...easy.filter((one) => one.subgraphs.length === model.subgraphs.length),
    ...model.objects.filter((one) => one.kind === 'value'),
  ]
  const count = r.below(3)
  for (let i = 0; i < count && candidates.length > 0; i++) {
    const members = membersOf(r, model, candidates)
    if (Object.keys(members).length === 0) continue
    for (const name of new Set(Object.values(members).flat())) {
      const object = objectOf(model, name) as ObjectModel
      if (!object.fields.some((one) => one.name === 'id')) object.fields.push(field('id', 'ID!'))
    }
    model.interfaces.push({ name: `I${i}`, fields: [{ name: 'id', type: 'ID!', args: [] }], members, asObject: null })
  }
}

function isNested(model: Model, object: ObjectModel): boolean {
  return model.objects.some((one) => one.fields.some((f) => f.key && named(f.type) === object.name))
}

function membersOf(r: Random, model: Model, candidates: readonly ObjectModel[]): Record<string, string[]> {
  const members: Record<string, string[]> = {}
  const core = r.some(candidates, 0.5)
  for (const subgraph of model.subgraphs) {
    if (r.chance(0.3)) continue
    const here = candidates.filter((one) => (core.includes(one) ? r.chance(0.9) : r.chance(0.25)))
    if (here.length > 0) members[subgraph] = here.map((one) => one.name)
  }
  return members
}

function addUnions(r: Random, model: Model): void {
  const candidates = model.objects.filter(
    (one) => one.kind === 'value' || one.subgraphs.length === model.subgraphs.length,
  )
  const count = r.below(3)
  for (let i = 0; i < count && candidates.length > 0; i++) {
    const members = membersOf(r, model, candidates)
    if (Object.keys(members).length > 0) model.unions.push({ name: `U${i}`, members })
  }
}

/** Whether a subgraph may have a field of that type. */
function canMention(model: Model, name: string, subgraph: string): boolean {
  const object = objectOf(model, name)
  if (object) return object.subgraphs.includes(subgraph)
  const one = interfaceOf(model, name)
  if (one) return subgraph in one.members || (one.asObject?.subgraphs.includes(subgraph) ?? false)
  const union = model.unions.find((u) => u.name === name)
  return union ? subgraph in union.members : true
}

function wrapped(r: Random, name: string): string {
  const one = r.chance(0.4) ? `${name}!` : name
  if (!r.chance(0.3)) return one
  const list = r.chance(0.5) ? `[${one}]!` : `[${one}]`
  return r.chance(0.15) ? `[${list}]` : list
}

function composites(model: Model): string[] {
  const objects = model.objects.filter((one) => one.kind !== 'root')
  return [...objects, ...model.interfaces, ...model.unions].map((one) => one.name)
}

/** A type that all owners may mention; types whose members they do not share are avoided. */
function compositeFor(r: Random, model: Model, owners: readonly string[], among: readonly string[]): string | null {
  const fitting = among.filter((name) => owners.every((owner) => canMention(model, name, owner)))
  const useful = fitting.filter((name) => {
    const abstract = model.interfaces.find((one) => one.name === name) ?? model.unions.find((one) => one.name === name)
    if (!abstract) return true
    if ('asObject' in abstract && abstract.asObject) return true
    const [first = [], ...rest] = owners.map((owner) => abstract.members[owner] ?? [])
    return first.some((member) => rest.every((list) => list.includes(member)))
  })
  return useful.length > 0 ? r.pick(useful) : null
}

function randomArgs(r: Random): ArgModel[] {
  if (!r.chance(0.35)) return []
  const kinds: [string, string[]][] = [
    ['Int', ['1', 'null']],
    ['Int!', ['3']],
    ['String', ['"d"']],
    ['Boolean', ['true']],
    ['ID', ['"x"', '5']],
    ['Float', ['1', '0.5']],
    ['Color', ['GREEN']],
    ['[Int]', ['[1, null]', '7']],
    ['[String!]', ['[]']],
    ['Json', ['"j"', '3']],
    ['Range', ['{ min: 1 }']],
    ['Filter', ['{ any: ["q"] }']],
    ['[Range!]', ['[{ max: 2 }]']],
    ['[[Int!]!]', ['[[1]]']],
  ]
  return Array.from({ length: 1 + r.below(2) }, (_, i) => {
    const [type, values] = r.pick(kinds)
    return arg(`arg${i}`, type, r.chance(0.4) ? r.pick(values) : null)
  })
}

function addFields(r: Random, model: Model, options: GenerateOptions): void {
  for (const object of model.objects) {
    if (object.kind !== 'value') continue
    const count = 1 + r.below(3)
    const lower = model.objects.filter(
      (one) => one.subgraphs.length === model.subgraphs.length && (one.kind === 'entity' || one.name < object.name),
    )
    for (const name of names(r, object, count)) {
      const composite = r.chance(0.35) && lower.length > 0 ? r.pick(lower).name : null
      object.fields.push(field(name, wrapped(r, composite ?? r.pick(leaves)), { args: randomArgs(r) }))
    }
  }
  for (const object of model.objects) {
    if (object.kind !== 'entity') continue
    for (const name of names(r, object, 1 + r.below(5))) entityField(r, model, object, name, options)
  }
  for (const one of model.interfaces) {
    addCommonField(r, model, one)
    if (!one.asObject) continue
    const taken = new Set(
      Object.values(one.members)
        .flat()
        .flatMap((name) => objectOf(model, name)?.fields.map((f) => f.name) ?? []),
    )
    for (let i = 0; i <= r.below(3); i++) {
      const owner = r.pick(one.asObject.subgraphs)
      const composite = r.chance(0.3) ? compositeFor(r, model, [owner], composites(model)) : null
      const name = `extra${i}`
      if (!taken.has(name))
        one.asObject.fields.push(
          field(name, wrapped(r, composite ?? r.pick(leaves)), { owners: [owner], args: randomArgs(r) }),
        )
    }
  }
  for (const object of model.objects) if (object.kind === 'entity') addProvides(r, model, object)
}

function names(r: Random, object: ObjectModel, count: number): string[] {
  const taken = new Set(object.fields.map((one) => one.name))
  return r.shuffled(fieldNames.filter((name) => !taken.has(name))).slice(0, count)
}

function entityField(r: Random, model: Model, object: ObjectModel, name: string, options: GenerateOptions): void {
  const keyed = object.subgraphs.filter((subgraph) =>
    object.keys.some((key) => key.in.some((one) => one.subgraph === subgraph && one.resolvable)),
  )
  const owners = r.chance(0.75) ? [r.pick(keyed)] : r.some(keyed, 0.5)
  if (owners.length === 0) owners.push(r.pick(keyed))
  const composite = r.chance(0.45) ? compositeFor(r, model, owners, composites(model)) : null
  const one = field(name, wrapped(r, composite ?? r.pick(leaves)), {
    owners,
    args: randomArgs(r),
    hidden: !composite && r.chance(0.05),
  })
  const [owner] = owners as [string]
  // Over a chain of keys the planner weighs more ways than fit into memory, for each level of what such a field returns.
  const mayRequire = !composite || object.keys.some((key) => key.in.length === object.subgraphs.length)
  if (owners.length === 1 && mayRequire && r.chance(0.4)) one.requires = requirement(r, model, object, owner, options)
  const from = keyed.filter((subgraph) => subgraph !== owner && canMention(model, named(one.type), subgraph))
  if (owners.length === 1 && !one.requires && from.length > 0 && r.chance(0.12)) one.overrides = r.pick(from)
  object.fields.push(one)
}

/** One or two fields that another subgraph owns, nested ones with what is below them. */
function requirement(
  r: Random,
  model: Model,
  object: ObjectModel,
  owner: string,
  options: GenerateOptions,
): string | null {
  const texts = r.shuffled(object.fields).flatMap((one): string[] => {
    if (one.key || one.owners?.includes(owner) || one.owners === null || one.overrides === owner) return []
    if (one.args.length > 0 && (!options.requiresArguments || one.args.some((a) => a.type.endsWith('!')))) return []
    const given = one.args.length > 0 && r.chance(0.7) ? argumentsFor(r, one.args) : ''
    const type = named(one.type)
    const below = objectOf(model, type)
    if (!below) return composites(model).includes(type) ? [] : [`${one.name}${given}`]
    if (!canMention(model, type, owner)) return []
    const inner = below.fields.filter(
      (f) => f.args.length === 0 && !composites(model).includes(named(f.type)) && !f.requires && f.overrides !== owner,
    )
    const fitting = below.kind === 'value' ? inner : inner.filter((f) => !f.key || f.name === below.keys[0]?.fields)
    if (fitting.length === 0) return []
    return [
      `${one.name}${given} { ${r
        .shuffled(fitting)
        .slice(0, 1 + r.below(2))
        .map((f) => f.name)
        .join(' ')} }`,
    ]
  })
  return texts.length > 0 ? texts.slice(0, 1 + r.below(2)).join(' ') : null
}

function argumentsFor(r: Random, args: readonly ArgModel[]): string {
  const values: Record<string, string[]> = {
    Int: ['1', '2', 'null'],
    String: ['"EUR"', '"USD"'],
    Boolean: ['true', 'false'],
    ID: ['"i"', '"j"'],
    Float: ['0.5', '2.5'],
    Color: ['RED', 'BLUE'],
    '[Int]': ['[1, 2]', '[]'],
    '[String!]': ['["a"]'],
    Json: ['{ b: 1 }'],
    Range: ['{ min: 3, max: 4 }', '{ color: BLUE, max: 1 }'],
    Filter: ['{ any: ["z"] }'],
    '[Range!]': ['[{ max: 5 }]'],
    '[[Int!]!]': ['[[2], []]'],
  }
  const given = args.filter((one) => one.type in values)
  return given.length > 0
    ? `(${given.map((one) => `${one.name}: ${r.pick(values[one.type] as string[])}`).join(', ')})`
    : ''
}

function addCommonField(r: Random, model: Model, one: InterfaceModel): void {
  if (!r.chance(0.6)) return
  const name = `common${one.name}`
  const type = wrapped(r, r.pick(leaves.filter((leaf) => leaf !== 'Shade')))
  const args = randomArgs(r)
  one.fields.push({ name, type, args })
  const home = one.asObject ? Object.keys(one.members) : null
  for (const member of new Set(Object.values(one.members).flat())) {
    const object = objectOf(model, member) as ObjectModel
    const owners =
      object.kind === 'value' ? null : (home ?? (r.chance(0.5) ? [r.pick(object.subgraphs)] : object.subgraphs))
    object.fields.push(field(name, type, { args, owners }))
  }
}

function addProvides(r: Random, model: Model, object: ObjectModel): void {
  for (const one of object.fields) {
    if (one.key || one.owners?.length !== 1 || !r.chance(0.4)) continue
    const [owner] = one.owners as [string]
    const below = objectOf(model, named(one.type))
    if (below?.kind !== 'entity') continue
    const candidates = below.fields.filter(
      (f) =>
        !f.key &&
        f.owners &&
        !f.owners.includes(owner) &&
        !f.requires &&
        !f.overrides &&
        f.args.length === 0 &&
        // The provider may not know all of its values.
        named(f.type) !== 'Shade' &&
        !composites(model).includes(named(f.type)),
    )
    if (candidates.length > 0 && below.subgraphs.includes(owner))
      one.provides = candidates
        .slice(0, 1 + r.below(2))
        .map((f) => f.name)
        .join(' ')
  }
}

function addRoots(r: Random, model: Model): void {
  const query: ObjectModel = {
    name: 'Query',
    kind: 'root',
    subgraphs: model.subgraphs,
    keys: [],
    fields: [],
    offset: 0,
  }
  const mutation: ObjectModel = { ...query, name: 'Mutation', fields: [] }
  const all = composites(model)
  for (const subgraph of model.subgraphs) {
    for (let i = 0; i <= r.below(3); i++) {
      const owners = r.chance(0.15) ? [subgraph, r.pick(model.subgraphs)] : [subgraph]
      const composite = r.chance(0.9) ? compositeFor(r, model, owners, all) : null
      query.fields.push(
        field(`${subgraph}${i}`, wrapped(r, composite ?? r.pick(leaves)), {
          owners: [...new Set(owners)],
          args: randomArgs(r),
        }),
      )
    }
    for (let i = 0; i < r.below(3); i++) {
      const composite = r.chance(0.7) ? compositeFor(r, model, [subgraph], all) : null
      mutation.fields.push(
        field(`do${subgraph}${i}`, wrapped(r, composite ?? r.pick(leaves)), {
          owners: [subgraph],
          args: randomArgs(r),
        }),
      )
    }
  }
  addProvides(r, model, query)
  model.objects.push(query)
  if (mutation.fields.length > 0) model.objects.push(mutation)
}
