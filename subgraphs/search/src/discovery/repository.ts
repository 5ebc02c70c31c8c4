import type { Prisma } from '@commerce/prisma/search'

export type Kind = 'rules' | 'synonyms'

/** How often rules and synonyms have changed. */
export interface Revision {
  rules: number
  synonyms: number
}

export async function readRevision(sql: Prisma.TransactionClient): Promise<Revision> {
  const { rules, synonyms } = await sql.discoveryRevision.findUniqueOrThrow({ where: { id: 1 } })
  return { rules, synonyms }
}

/** Keeps everyone else from changing rules and synonyms until the transaction ends; what it answers says that this one did. */
export async function lockRevision(sql: Prisma.TransactionClient, kind: Kind): Promise<() => Promise<void>> {
  await sql.$queryRaw`select id from discovery_revision where id = 1 for update`
  return async () => {
    await sql.discoveryRevision.update({ where: { id: 1 }, data: { [kind]: { increment: 1 } } })
  }
}
