import { HonoBase } from 'hono/hono-base'
import { TrieRouter } from 'hono/router/trie-router'
import type { AppEnv } from './context.ts'

/**
 * What a resource hangs its handlers on. Hono's own presets carry several routers and take the first that can
 * read every path: of theirs only this one reads the path of links, so the others would be dead weight.
 */
export const createRoutes = () => new HonoBase<AppEnv>({ router: new TrieRouter() })
