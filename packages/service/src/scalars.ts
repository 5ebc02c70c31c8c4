import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'

/** A decimal number as a string, so that no client rounds it: `"19.99"`. */
export const Decimal = new GraphQLScalarType({
  name: 'Decimal',
  serialize: String,
  parseValue: (value) => decimal(typeof value === 'number' ? String(value) : value),
  parseLiteral: (node) =>
    decimal(node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : undefined),
})

/** A whole number up to 2^53 - 1 either way: a JSON number that every client reads exactly. */
export const Int64 = new GraphQLScalarType({
  name: 'Int64',
  serialize: (value) => safeInteger(Number(value)),
  parseValue: (value) => BigInt(safeInteger(Number(value))),
  parseLiteral: (node) => BigInt(safeInteger(node.kind === Kind.INT ? Number(node.value) : Number.NaN)),
})

/** An ISO 4217 currency code: `"USD"`. */
export const CurrencyCode = new GraphQLScalarType({
  name: 'CurrencyCode',
  serialize: String,
  parseValue: currency,
  parseLiteral: (node) => currency(node.kind === Kind.STRING ? node.value : undefined),
})

/** A moment in UTC as RFC 3339: `"2026-01-31T09:30:00.000Z"`. */
export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  parseValue: moment,
  parseLiteral: (node) => moment(node.kind === Kind.STRING ? node.value : undefined),
})

function decimal(value: unknown): string {
  if (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return value
  throw refused('a decimal number such as "19.99"', value)
}

function safeInteger(value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw refused('a whole number between -(2^53 - 1) and 2^53 - 1', value)
}

function currency(value: unknown): string {
  if (typeof value === 'string' && /^[A-Z]{3}$/.test(value)) return value
  throw refused('an ISO 4217 currency code such as "USD"', value)
}

function moment(value: unknown): Date {
  const date = new Date(typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? value : Number.NaN)
  if (!Number.isNaN(date.getTime())) return date
  throw refused('an RFC 3339 moment such as "2026-01-31T09:30:00Z"', value)
}

function refused(expected: string, value: unknown): GraphQLError {
  return new GraphQLError(`Expected ${expected}, got ${JSON.stringify(value) ?? 'something else'}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
