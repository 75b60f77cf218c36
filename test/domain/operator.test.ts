// Keys and those who hold them: forms, hashes, identities.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAdjustmentId } from '../../src/domain/ids.ts'
import { OPERATOR_KEY_BYTES } from '../../src/domain/limits.ts'
import {
  BOOTSTRAP,
  identityOf,
  isKey,
  isKeyId,
  keyHashOf,
  keyIdOf,
  keyOf,
  OPERATOR_NAME,
  SCOPES,
} from '../../src/domain/operator.ts'

const random = fc.uint8Array({ minLength: OPERATOR_KEY_BYTES, maxLength: OPERATOR_KEY_BYTES })

describe('a key', () => {
  it('and its id are known by their form, whatever the bytes', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const [key, id] = [keyOf(bytes), keyIdOf(bytes)]
        expect([isKey(key), isKeyId(id)]).toEqual([true, true])
        expect([isKey(id), isKeyId(key), isAdjustmentId(id)]).toEqual([false, false, false])
        for (const other of [key.slice(0, -1), `${key}0`, `${key}\n`, ` ${key}`, `${id}\n`]) {
          expect([isKey(other), isKeyId(other)], JSON.stringify(other)).toEqual([false, false])
        }
      }),
    )
  })

  it('holds all of its 160 random bits', () => {
    fc.assert(
      fc.property(random, fc.nat({ max: OPERATOR_KEY_BYTES * 8 - 1 }), (bytes, bit) => {
        const other = Uint8Array.from(bytes)
        other[bit >> 3]! ^= 1 << (bit & 7)
        expect(keyOf(other)).not.toBe(keyOf(bytes))
      }),
    )
  })

  it('is hashed by SHA-256; this value is for ever, since rows hold such', async () => {
    const key = 'ck_mg_00000000000000000000000000000000'
    expect(await keyHashOf(key)).toBe('e18r69chfm0jszzbe1xh3xh9f2jydks3b3khjk9z8as8c1hknyz0')
    expect(await keyHashOf(`${key}0`)).not.toBe(await keyHashOf(key))
  })
})

describe('an identity', () => {
  it('is the e-mail in small letters, or the name where there is none', () => {
    expect(identityOf({ name: 'ann-laptop', email: 'Ann@SaaS.Example' })).toBe('ann@saas.example')
    expect(identityOf({ name: 'nightly', email: null })).toBe('nightly')
  })
})

describe('a name', () => {
  it.each(['a', '7', 'ann', 'ann.laptop', 'ci_2', 'a-b-', 'bootstrap'])('may be %j', (name) => {
    expect(OPERATOR_NAME.test(name)).toBe(true)
  })

  // Without an @, no program's name is taken for a person's e-mail.
  it.each(['', '-a', '.a', '_a', 'A', 'a b', 'a\n', '\na', 'ä', 'a:b', 'a/b', 'a@b', 'a,b'])(
    'may not be %j',
    (name) => {
      expect(OPERATOR_NAME.test(name)).toBe(false)
    },
  )
})

it('the bootstrap key’s operator may do everything, under a name that a key can not have', () => {
  expect(BOOTSTRAP).toEqual({ name: 'bootstrap', identity: 'bootstrap', scopes: SCOPES })
  expect(SCOPES).toEqual(['read', 'write', 'approve', 'admin'])
})
