// One question to a source's API. Nothing is changed there.

import type * as z from 'zod/mini'
import { GAP_DEADLINE_MS } from '../domain/gap-limits.ts'
import { isLoopback } from '../domain/link.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { retryAfterSeconds } from '../domain/retry-after.ts'
import { exchange } from '../exchange.ts'
import type { AskTrouble } from './finder.ts'

/** The answer in the shape that is expected. `base`: where the key belongs, and goes to alone. */
export async function ask<Shape extends z.ZodMiniType>(
  { base, headers }: Source,
  path: string,
  shape: Shape,
): Promise<Result<z.output<Shape>, AskTrouble>> {
  const url = URL.parse(base)
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.hostname))) {
    return err(askTrouble('address_unusable'))
  }
  const outgoing = {
    method: 'GET',
    url: base.replace(/\/+$/, '') + path,
    headers: { accept: 'application/json', ...headers },
    body: null,
  } as const
  const arrival = await exchange(fetch, outgoing, GAP_DEADLINE_MS)
  if (typeof arrival === 'string') return err(askTrouble(arrival))
  const { status, body } = arrival
  if (status < 200 || status >= 300) {
    return err(askTrouble(`http_${status}`, status, retryAfterSeconds(arrival.headers)))
  }
  if (body.kind === 'none') return err(askTrouble(body.code, status))
  const read = shape.safeParse(body.value)
  return read.success ? ok(read.data) : err(askTrouble('unexpected_shape', status))
}

export type Source = {
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
}

export const askTrouble = (
  code: string,
  status: number | null = null,
  wait: number | null = null,
): AskTrouble => ({ code, status, retryAfterSeconds: wait })
