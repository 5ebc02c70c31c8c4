import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'

const CHAR = 18
const TEXT = 25

/**
 * Prisma's PostgreSQL adapter, able to read the one-byte `"char"` columns of PostgreSQL's own catalog. The schema engine
 * asks for them when it compares a database with a schema; the adapter itself refuses that type.
 */
export class CatalogReadingAdapter extends PrismaPg {
  readonly pool: pg.Pool

  constructor(url: string) {
    const pool = new pg.Pool({ connectionString: url, max: 1, Client: CatalogClient as never })
    super(pool)
    this.pool = pool
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = withCharacterColumns(await super.connect())
    // As one command, so that a migration that fails leaves nothing behind; the adapter itself would cut it at every semicolon, also inside function bodies.
    adapter.executeScript = async (script) => {
      await this.pool.query(script)
    }
    return adapter
  }
}

class CatalogClient extends pg.Client {
  override query(...args: unknown[]): never {
    const done = args.at(-1)
    if (typeof done === 'function') {
      args[args.length - 1] = (error: unknown, answer?: pg.QueryResult) => done(error, markCharacters(answer))
    }
    const result = super.query(...(args as [string])) as unknown
    return (result instanceof Promise ? result.then(markCharacters) : result) as never
  }
}

const characterColumns = new Set<string>()

// The adapter sees text; the names of such columns are remembered, to hand the engine the type it expects.
function markCharacters(answer?: pg.QueryResult): pg.QueryResult | undefined {
  for (const field of answer?.fields ?? []) {
    if (field.dataTypeID !== CHAR) continue
    characterColumns.add(field.name)
    field.dataTypeID = TEXT
  }
  return answer
}

function withCharacterColumns<A extends SqlDriverAdapter>(adapter: A): A {
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (query) => {
    const answer = await queryRaw(query)
    return {
      ...answer,
      columnTypes: answer.columnTypes.map((type, i) =>
        characterColumns.has(answer.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type,
      ),
    }
  }
  return adapter
}
