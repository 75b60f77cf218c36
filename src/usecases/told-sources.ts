import type { Deps } from '../deps.ts'
import { OPERATOR_ENDPOINT } from '../domain/by-hand.ts'

/** By their names: the sources whose people are told what becomes of their adjustments. */
export const toldSources = ({ config, db }: Pick<Deps, 'config' | 'db'>): readonly string[] => {
  const sources = [...config.endpoints.values()].map(({ source }) => source.name)
  return [...new Set([...sources, OPERATOR_ENDPOINT])].filter((source) => db.tells(source))
}
