import { whenDone } from '@commerce/local/testing.ts'
import { PrismaClient } from '@commerce/prisma/catalog'
import { PrismaPg } from '@prisma/adapter-pg'

/** A connection of the test's own to the database behind a catalog; it ends with the test file. */
export function openDatabase({ databaseUrl }: { databaseUrl: string }): PrismaClient {
  const database = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) })
  whenDone(() => database.$disconnect())
  return database
}
