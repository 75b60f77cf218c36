// The organization's feature catalogue: list, get, create, update.
import * as z from 'zod'
import type { CreateFeatureParams, Feature } from '@commet/node'
import type { Result } from '../../src/domain/result.ts'
import { err, ok } from '../../src/domain/result.ts'
import { created, list, refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Input } from './call.ts'
import { parse, text } from './parse.ts'
import { documents, isoTime, newId } from './store.ts'
import type { Store } from './store.ts'

const newFeature = z.object({
  name: text,
  code: text.regex(/^[a-z0-9_]+$/, 'must be lowercase letters, digits and underscores'),
  type: z.enum(['boolean', 'usage', 'seats', 'quota']),
  description: text.exactOptional(),
  unitName: text.exactOptional(),
})
const changes = z
  .object({
    name: text.exactOptional(),
    description: text.nullable().exactOptional(),
    unitName: text.nullable().exactOptional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, 'At least one field must be provided')

type Taken = { readonly reason: 'code_taken' }

export function addFeature(
  store: Store,
  wanted: CreateFeatureParams,
  now: number,
): Result<Feature, Taken> {
  if (findFeature(store, wanted.code) !== null) return err({ reason: 'code_taken' })
  const feature: Feature = {
    object: 'feature',
    livemode: store.livemode,
    id: newId('feat'),
    name: wanted.name,
    code: wanted.code,
    type: wanted.type,
    description: wanted.description ?? null,
    unitName: wanted.unitName ?? null,
    createdAt: isoTime(now),
    updatedAt: isoTime(now),
  }
  const insert = 'INSERT INTO features (code, document) VALUES (?, ?)'
  store.sql.exec(insert, feature.code, JSON.stringify(feature))
  return ok(feature)
}

function findFeature(store: Store, code: string): Feature | null {
  const [found] = documents<Feature>(store, 'SELECT document FROM features WHERE code = ?', code)
  return found ?? null
}

function featureNotFound(code: string): Answer {
  return refusal('feature_not_found', `There is no feature ${code}`)
}

/** The whole catalogue: the vendor's call has no page. */
export function listFeatures(store: Store): Answer {
  const rows = documents<Feature>(store, 'SELECT document FROM features ORDER BY sequence')
  return list({ rows, nextCursor: null })
}

export function getFeature(store: Store, input: Input): Answer {
  const feature = findFeature(store, input.id)
  return feature === null ? featureNotFound(input.id) : success(feature)
}

export function createFeature(store: Store, input: Input): Answer {
  const wanted = parse(newFeature, input.body)
  if (!wanted.ok) return wanted.error
  const added = addFeature(store, wanted.value, input.now)
  if (added.ok) return created(added.value)
  const message = `A feature has the code ${wanted.value.code} already`
  return refusal('duplicate', message, [{ field: 'code', message }])
}

export function updateFeature(store: Store, input: Input): Answer {
  const wanted = parse(changes, input.body)
  if (!wanted.ok) return wanted.error
  const before = findFeature(store, input.id)
  if (before === null) return featureNotFound(input.id)
  const after: Feature = { ...before, ...wanted.value, updatedAt: isoTime(input.now) }
  const update = 'UPDATE features SET document = ? WHERE code = ?'
  store.sql.exec(update, JSON.stringify(after), after.code)
  return success(after)
}
