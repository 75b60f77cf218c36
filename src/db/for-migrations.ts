declare const IN_WORKER: true | undefined

/**
 * Indexes, keys and checks of a table: what drizzle-kit makes migrations of, and nothing else ever reads. Where
 * IN_WORKER is defined, as wrangler.toml does, the bundler folds this into undefined and drops what was handed in.
 */
export function forMigrations<Extra>(extra: Extra): Extra | undefined {
  return typeof IN_WORKER === 'undefined' ? extra : undefined
}
