import { type ArgModel, type FieldModel, fieldsOf, type Model, objectOf } from './model.ts'
import type { Declared, Mode, Part } from './split.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@interfaceObject", "@inaccessible", "@override"])'

/** The schema of a subgraph as it goes into composition. */
export function subgraphSdl(model: Model, part: Part): string {
  return [link, ...definitions(model, part, true)].join('\n')
}

/** The schema that a subgraph executes: without directives, with `_entities`. */
export function executableSdl(model: Model, part: Part): string {
  const entities = [...part.objects.values()].filter((one) => one.keys.length > 0).map((one) => one.name)
  const lines = definitions(model, part, false)
  if (!part.objects.has('Query')) lines.push(entities.length > 0 ? 'type Query' : 'type Query { nothing: Int }')
  if (entities.length > 0) {
    lines.push(`scalar _Any\nunion _Entity = ${entities.join(' | ')}`)
    lines.push('extend type Query { _entities(representations: [_Any!]!): [_Entity]! }')
  }
  return lines.join('\n')
}

/** The same universe as one schema: what clients see, or with what is hidden from them. */
export function wholeSdl(model: Model, parts: readonly Part[], withHidden = false): string {
  const lines = ['scalar Json']
  for (const object of model.objects) {
    const declared = parts.flatMap((part) => part.objects.get(object.name) ?? [])
    const interfaces = new Set(
      parts.flatMap((part) =>
        [...part.interfaces].flatMap(([name, i]) => (i.members.includes(object.name) ? [name] : [])),
      ),
    )
    if (declared.length === 0) continue
    const added = model.interfaces.flatMap((one) =>
      interfaces.has(one.name) ? (one.asObject?.fields.map((field) => field.name) ?? []) : [],
    )
    const fields = fieldsOf(model, object).filter(
      ({ name, hidden }) =>
        (withHidden || !hidden) && (added.includes(name) || declared.some((one) => one.fields.has(name))),
    )
    lines.push(block('type', object.name, [...interfaces], fields.map(fieldText)))
  }
  for (const one of model.interfaces) {
    const declared = parts.flatMap((part) => part.interfaces.get(one.name) ?? [])
    if (declared.length === 0) continue
    const fields = one.fields.filter(({ name }) => declared.some((part) => part.fields.includes(name)))
    lines.push(block('interface', one.name, [], [...fields, ...(one.asObject?.fields ?? [])].map(fieldText)))
  }
  for (const one of model.unions) {
    const members = new Set(parts.flatMap((part) => part.unions.get(one.name) ?? []))
    if (members.size > 0) lines.push(`union ${one.name} = ${[...members].join(' | ')}`)
  }
  for (const one of model.enums) {
    const users = parts.filter((part) => part.enums.has(one.name)).map((part) => part.subgraph)
    const values = one.values.filter((value) => users.some((user) => !one.without[user]?.includes(value)))
    if (users.length > 0) lines.push(block('enum', one.name, [], values))
  }
  for (const one of model.inputs)
    if (parts.some((part) => part.inputs.has(one.name)))
      lines.push(block('input', one.name, [], one.fields.map(argText)))
  return lines.join('\n')
}

function definitions(model: Model, part: Part, federated: boolean): string[] {
  const lines = ['scalar Json']
  for (const object of part.objects.values()) {
    const interfaces = [...part.interfaces].flatMap(([name, i]) => (i.members.includes(object.name) ? [name] : []))
    const fields = [...object.fields.values()].map(
      ({ field, mode }) => fieldText(field) + (federated ? fieldDirectives(model, part, object, field, mode) : ''),
    )
    lines.push(block('type', object.name, interfaces, fields, federated ? typeDirectives(object) : ''))
  }
  for (const [name, one] of part.interfaces) {
    const fields = model.interfaces.find((i) => i.name === name)?.fields.filter((f) => one.fields.includes(f.name))
    const key = federated && one.key ? ` @key(fields: "${one.key}")` : ''
    lines.push(block('interface', name, [], fields?.map(fieldText) ?? [], key))
  }
  for (const [name, members] of part.unions) lines.push(`union ${name} = ${members.join(' | ')}`)
  for (const one of model.enums) {
    if (!part.enums.has(one.name)) continue
    const values = one.values.filter((value) => !one.without[part.subgraph]?.includes(value))
    lines.push(block('enum', one.name, [], values))
  }
  for (const one of model.inputs)
    if (part.inputs.has(one.name))
      lines.push(block('input', one.name, [], [...one.fields, ...(one.extra[part.subgraph] ?? [])].map(argText)))
  return lines
}

function typeDirectives(object: Declared): string {
  const keys = object.keys.map(
    ({ fields, resolvable }) => ` @key(fields: "${fields}"${resolvable ? '' : ', resolvable: false'})`,
  )
  return keys.join('') + (object.interfaceObject ? ' @interfaceObject' : '')
}

function fieldDirectives(model: Model, part: Part, object: Declared, field: FieldModel, mode: Mode): string {
  if (mode === 'external') return ' @external'
  const isRoot = objectOf(model, object.name)?.kind === 'root'
  const shared =
    field.owners === null || field.owners.length > 1 || (field.key && !isRoot) || isProvided(model, object, field)
  const [owner] = field.owners ?? []
  return [
    shared && !field.overrides ? ' @shareable' : '',
    mode === 'own' && field.overrides && owner === part.subgraph ? ` @override(from: "${field.overrides}")` : '',
    mode === 'own' && field.requires ? ` @requires(fields: ${JSON.stringify(field.requires)})` : '',
    mode === 'own' && field.provides ? ` @provides(fields: ${JSON.stringify(field.provides)})` : '',
    field.hidden ? ' @inaccessible' : '',
  ].join('')
}

function isProvided(model: Model, object: Declared, field: FieldModel): boolean {
  return model.objects.some((one) =>
    one.fields.some(
      ({ type, provides }) => provides?.split(' ').includes(field.name) && type.replace(/[[\]!]/g, '') === object.name,
    ),
  )
}

function block(kind: string, name: string, interfaces: readonly string[], lines: readonly string[], directives = '') {
  const implemented = interfaces.length > 0 ? ` implements ${interfaces.join(' & ')}` : ''
  return `${kind} ${name}${implemented}${directives} {\n  ${lines.join('\n  ')}\n}`
}

function fieldText({ name, type, args }: { name: string; type: string; args: readonly ArgModel[] }): string {
  return `${name}${args.length > 0 ? `(${args.map(argText).join(', ')})` : ''}: ${type}`
}

function argText(arg: ArgModel): string {
  return `${arg.name}: ${arg.type}${arg.default === null ? '' : ` = ${arg.default}`}`
}
