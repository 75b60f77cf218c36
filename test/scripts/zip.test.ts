// The ZIP that exports are put into, read by another reader.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 as crcOfNode } from 'node:zlib'
import { crc32 } from '../../src/domain/crc32.ts'
import { zip } from '../../src/domain/zip.ts'
import { unzip } from './zip-reader.ts'

const AT = Date.parse('2026-10-26T07:33:12Z')

async function* pieces(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

async function zipped(files: Readonly<Record<string, readonly Uint8Array[]>>): Promise<Buffer> {
  const parts = Object.entries(files).map(([name, all]) => ({ name, content: pieces(all) }))
  const made: Uint8Array[] = []
  for await (const part of zip(parts, AT)) made.push(part)
  return Buffer.concat(made)
}

const bytes = fc.uint8Array({ maxLength: 300 })

it('the CRC of pieces is that of the whole', () => {
  fc.assert(
    fc.property(fc.array(bytes), (all) => {
      expect(all.reduce(crc32, 0)).toBe(crcOfNode(Buffer.concat(all)))
    }),
  )
})

describe('a ZIP', () => {
  it('holds what was put into it, whatever the pieces', async () => {
    const name = fc.stringMatching(/^[a-zA-Zäß€😀.-]{1,20}$/u)
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.array(bytes)), async (files) => {
        const found = unzip(await zipped(files))
        expect([...found.keys()]).toEqual(Object.keys(files))
        for (const [key, all] of Object.entries(files)) {
          expect(Buffer.from(found.get(key) ?? []).equals(Buffer.concat(all))).toBe(true)
        }
      }),
    )
  })

  it('takes a piece when the one before was taken', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1
        yield new Uint8Array(1_000)
      }
    }
    const made = zip([{ name: 'log', content: endless() }], AT)
    let taken = 0
    for await (const part of made) {
      taken += part.length
      if (taken > 100_000) break
    }
    expect(given).toBe(100)
  })

  it('that would be too large ends in the middle, and has no end that could be read', async () => {
    const files = [{ name: 'log', content: pieces(Array(20).fill(new Uint8Array(100))) }]
    const made: Uint8Array[] = []
    const all = async () => {
      for await (const part of zip(files, AT, 1_000)) made.push(part)
    }
    await expect(all()).rejects.toThrow('too large')
    expect(() => unzip(Buffer.concat(made))).toThrow(/at/)
  })
})
