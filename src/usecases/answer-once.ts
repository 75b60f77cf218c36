// A write that is asked twice with one Idempotency-Key is answered once. The answer can't be committed together with
// what was done: who dies between them leaves a lease, and the repeat does the same again. That is harmless, since each
// write says by itself what was done before (docs/api.md, "Asked twice").

import {
  answerKey,
  claimKey,
  releaseKey,
  takeKeyOver,
  type AskedKey,
} from '../db/write-idempotency.ts'
import type { Deps } from '../deps.ts'
import { base32, sha256 } from '../domain/ids.ts'
import {
  IDEMPOTENCY_ANSWER_BYTES_MAX,
  IDEMPOTENCY_LEASE_SECONDS,
  SEAL_IV_BYTES,
} from '../domain/limits.ts'
import type { Operator } from '../domain/operator.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { openText, sealText, type Seal } from '../domain/seal.ts'

export type OnceTrouble =
  | { readonly reason: 'idempotency_key_mismatch' }
  | { readonly reason: 'idempotency_in_progress'; readonly leftSeconds: number }
  /** It was done, and nothing of what was answered can be opened: not even who may hear of it. */
  | { readonly reason: 'idempotency_answer_gone' }
  | { readonly reason: 'idempotency_keys_used_up' }

export type Claim = Pick<AskedKey, 'id' | 'at'>

export type Answered = {
  readonly status: number
  /** Texts of the caller's making, the fullest first: the first that is short enough is kept. */
  readonly answers: readonly string[]
}

export type Once =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'answered'; readonly status: number; readonly answer: string }

/** `asked`: all bytes that tell one request from another. */
export async function beginOnce(
  deps: Pick<Deps, 'db' | 'now' | 'settings'>,
  { identity }: Operator,
  key: string,
  asked: Uint8Array<ArrayBuffer>,
): Promise<Result<Once, OnceTrouble>> {
  const { db, settings } = deps
  const [id, operator, request] = await Promise.all([
    hashOf(JSON.stringify([identity, key])),
    hashOf(identity),
    sha256(asked).then(base32),
  ])
  const now = deps.now()
  const found = await claimKey(db, { id, operator, request }, now)
  if (found === null) return ok({ kind: 'claimed', claim: { id, at: now } })
  if (found === 'full') return err({ reason: 'idempotency_keys_used_up' })
  if (found.request !== request) return err({ reason: 'idempotency_key_mismatch' })
  const { status } = found
  if (status === null) return goOn(deps, found, now)
  const kept = found.answer
  const answer = kept === null ? null : await openText(kept, sealOf(id), settings.linkKeys)
  return answer === null
    ? err({ reason: 'idempotency_answer_gone' })
    : ok({ kind: 'answered', status, answer })
}

/** Somebody is at it, or died at it. */
async function goOn(
  { db }: Pick<Deps, 'db'>,
  { id, at }: Claim,
  now: number,
): Promise<Result<Once, OnceTrouble>> {
  const leftSeconds = Math.ceil((at - now) / 1_000) + IDEMPOTENCY_LEASE_SECONDS
  if (leftSeconds > 0) return err({ reason: 'idempotency_in_progress', leftSeconds })
  return (await takeKeyOver(db, { id, at }, now))
    ? ok({ kind: 'claimed', claim: { id, at: now } })
    : err({ reason: 'idempotency_in_progress', leftSeconds: IDEMPOTENCY_LEASE_SECONDS })
}

/** Without a LINK_KEY nothing could be sealed, so no answer is kept. */
export async function endOnce(
  { db, randomBytes, settings }: Pick<Deps, 'db' | 'randomBytes' | 'settings'>,
  claim: Claim,
  { status, answers }: Answered,
): Promise<void> {
  const [linkKey] = settings.linkKeys
  const answer = answers.find((each) => byteLength(each) <= IDEMPOTENCY_ANSWER_BYTES_MAX)
  const sealed =
    answer !== undefined && linkKey !== undefined
      ? await sealText(answer, sealOf(claim.id), linkKey, randomBytes(SEAL_IV_BYTES))
      : null
  await answerKey(db, claim, { status, answer: sealed })
}

/** What was refused before anything was done may be asked again with the same key. */
export const forgetOnce = ({ db }: Pick<Deps, 'db'>, claim: Claim): Promise<void> =>
  releaseKey(db, claim)

const sealOf = (id: string): Seal => ({ purpose: 'makegood/answer/seal/1', boundTo: id })

const bytesOf = (text: string) => new TextEncoder().encode(text)
const byteLength = (text: string): number => bytesOf(text).length
const hashOf = async (text: string): Promise<string> => base32(await sha256(bytesOf(text)))
