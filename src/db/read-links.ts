import { eq } from 'drizzle-orm'
import type { LinkId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { links, type Link } from './schema.ts'

export async function findLinkBySlugHash(db: Database, slugHash: string): Promise<Link | null> {
  const [row] = await db.select().from(links).where(eq(links.slugHash, slugHash))
  return row ?? null
}

export async function findLink(db: Database, id: LinkId): Promise<Link | null> {
  const [row] = await db.select().from(links).where(eq(links.id, id))
  return row ?? null
}
