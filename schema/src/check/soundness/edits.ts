import {
  type DefinitionNode,
  type DocumentNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parseType,
  print,
  type TypeNode,
} from 'graphql'

/** A source of whole numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number

/** Numbers from a seed, the same each time (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** One of a list; undefined of an empty one. */
export function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[random(Math.max(items.length, 1))]
}

type Draft = Record<string, unknown> & { kind: string; name: { value: string }; type?: TypeNode }

/** A schema's text with one to three random edits; it need not be a valid one. */
export function edited(document: DocumentNode, random: Random): string {
  let definitions = structuredClone(document.definitions) as DefinitionNode[]
  for (let count = 1 + random(3); count > 0; count--) {
    const edit = pick(edits, random)
    if (edit) definitions = edit(definitions, random)
  }
  return print({ kind: Kind.DOCUMENT, definitions })
}

type Edit = (definitions: DefinitionNode[], random: Random) => DefinitionNode[]

const lists = ['fields', 'values', 'types', 'interfaces', 'arguments', 'locations']

/** Every list of members in the schema: of types, of fields and of directives. */
function memberLists(definitions: readonly DefinitionNode[]): Draft[][] {
  const within = (node: Draft): Draft[][] =>
    lists.flatMap((list) => {
      const members = node[list] as Draft[] | undefined
      return members ? [members, ...members.flatMap(within)] : []
    })
  return (definitions as unknown as Draft[]).flatMap(within)
}

function typed(definitions: readonly DefinitionNode[]): Draft[] {
  return memberLists(definitions)
    .flat()
    .filter(
      ({ kind, type }) =>
        type !== undefined && (kind === Kind.FIELD_DEFINITION || kind === Kind.INPUT_VALUE_DEFINITION),
    )
}

const removeMember: Edit = (definitions, random) => {
  const list = pick(
    memberLists(definitions).filter(({ length }) => length > 0),
    random,
  )
  list?.splice(random(list.length), 1)
  return definitions
}

const toggleNonNull: Edit = (definitions, random) => {
  const member = pick(typed(definitions), random)
  if (member?.type)
    member.type = member.type.kind === Kind.NON_NULL_TYPE ? member.type.type : parseType(`${print(member.type)}!`)
  return definitions
}

const toggleInnerNonNull: Edit = (definitions, random) => {
  const member = pick(typed(definitions), random)
  const type = member?.type && print(member.type)
  if (member && type?.includes('['))
    member.type = parseType(type.includes('!]') ? type.replace('!]', ']') : type.replace(']', '!]'))
  return definitions
}

const changeType: Edit = (definitions, random) => {
  const member = pick(typed(definitions), random)
  const to = pick(typed(definitions), random)
  if (member && to) member.type = to.type
  return definitions
}

const copyMember: Edit = (definitions, random) => {
  const all = memberLists(definitions).filter(({ length }) => length > 0)
  const from = pick(all, random)
  const like = pick(
    all.filter((list) => list[0]?.kind === from?.[0]?.kind),
    random,
  )
  const member = pick(from ?? [], random)
  if (!like || !member) return definitions
  const isReference = member.kind === Kind.NAMED_TYPE || member.kind === Kind.NAME
  const name = isReference
    ? member.name
    : { ...member.name, value: `${member.name.value}${random(3) ? random(9) : ''}` }
  if (!like.some((one) => print(one as never) === print({ ...member, name } as never))) like.push({ ...member, name })
  return definitions
}

const changeDefault: Edit = (definitions, random) => {
  const member = pick(
    typed(definitions).filter(({ kind }) => kind === Kind.INPUT_VALUE_DEFINITION),
    random,
  )
  const type = member?.type ? print(member.type).replace('!', '') : ''
  const values: Record<string, object> = {
    Int: { kind: Kind.INT, value: `${random(9)}` },
    String: { kind: Kind.STRING, value: 'x' },
  }
  if (member) member.defaultValue = member.defaultValue ? undefined : values[type]
  return definitions
}

const removeType: Edit = (definitions, random) => {
  const gone = pick(definitions, random) as ObjectTypeDefinitionNode | undefined
  if (!gone?.name || gone.name.value === 'Query') return definitions
  const isGone = (member: Draft) =>
    member.type ? print(member.type).replace(/[[\]!]/g, '') === gone.name.value : member.name?.value === gone.name.value
  for (const list of memberLists(definitions)) list.splice(0, list.length, ...list.filter((member) => !isGone(member)))
  return definitions.filter((one) => one !== gone)
}

const copyType: Edit = (definitions, random) => {
  const from = pick(
    definitions.filter(({ kind }) => kind === Kind.OBJECT_TYPE_DEFINITION),
    random,
  ) as ObjectTypeDefinitionNode | undefined
  if (!from) return definitions
  const name = { ...from.name, value: `${from.name.value}${random(9)}` }
  return [...definitions, structuredClone({ ...from, name })]
}

const edits: readonly Edit[] = [
  removeMember,
  toggleNonNull,
  toggleInnerNonNull,
  changeType,
  copyMember,
  changeDefault,
  removeType,
  copyType,
]
