// The tree against a second implementation, written from the RFC (test/rfc9162.ts).

import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/domain/canonical.ts'
import {
  append,
  EMPTY_FRONTIER,
  frontierAt,
  inclusionProof,
  leafHash,
  rootOf,
  rootOfInclusion,
} from '../../src/domain/merkle.ts'
import { entryLine, lineHash } from '../../src/domain/sealed-entry.ts'
import {
  appendAll,
  edgeTiles,
  extendTiles,
  readFrom,
  tileName,
  tilesByName,
  tilesFor,
  type Tile,
} from '../../src/domain/tiles.ts'
import { headOfProof, leafOf, treeHead } from '../rfc9162.ts'

const leaves = Array.from({ length: 700 }, (_, at) => leafHash(Uint8Array.of(at & 255, at >> 8)))
const hex = (bytes: Uint8Array | null | undefined): string => bytes?.toHex() ?? 'none'
const missing = (): never => {
  throw new Error('no such tile')
}

/** As sealing makes them: some leaves at a time, on top of the edge alone. */
function tilesOf(size: number, step: number) {
  const kept = new Map<string, Tile>()
  for (let at = 0; at < size; at += step) {
    const edge = edgeTiles(at).map((key) => kept.get(tileName(key)) ?? missing())
    const grown = extendTiles(tilesByName(edge), at, leaves.slice(at, Math.min(size, at + step)))
    for (const tile of grown) kept.set(tileName(tile), tile)
  }
  return kept
}

// Where trees and tiles have their edges.
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 255, 256, 257, 300, 511, 512, 513, 700]

describe('the root', () => {
  it('of no, one and many entries is as the RFC says', async () => {
    expect(hex(rootOf(EMPTY_FRONTIER))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    let frontier = EMPTY_FRONTIER
    for (const [at, leaf] of leaves.entries()) {
      frontier = append(frontier, leaf)
      if (!SIZES.includes(at + 1)) continue
      expect(hex(rootOf(frontier))).toBe(hex(await treeHead(leaves.slice(0, at + 1))))
    }
  })

  it('is the same from tiles, however many entries were sealed at a time', async () => {
    for (const size of SIZES) {
      const head = hex(await treeHead(leaves.slice(0, size)))
      for (const step of [1, 3, 256, 300]) {
        const edge = edgeTiles(size).map(
          (key) => tilesOf(size, step).get(tileName(key)) ?? missing(),
        )
        const frontier = frontierAt(size, readFrom(tilesByName(edge), missing))
        expect([size, step, hex(rootOf(frontier))]).toEqual([size, step, head])
        if (size > 300) break
      }
    }
  })

  it('goes on from a frontier that was read from tiles', async () => {
    const at = readFrom(tilesOf(300, 100), missing)
    const frontier = appendAll(frontierAt(300, at), leaves.slice(300, 513))
    expect(hex(rootOf(frontier))).toBe(hex(await treeHead(leaves.slice(0, 513))))
  })
})

describe('proofs, checked by the second implementation', () => {
  it('that an entry is in the log, and no other entry has it', async () => {
    for (const size of SIZES) {
      const read = readFrom(tilesOf(size, 200), missing)
      const head = hex(await treeHead(leaves.slice(0, size)))
      const indexes =
        size < 40 ? [...Array(size).keys()] : [0, 1, 30, size >> 1, size - 2, size - 1]
      for (const index of indexes) {
        const proof = inclusionProof(index, size, read)
        const leaf = leaves[index]!
        expect(hex(await headOfProof(leaf, index, size, proof))).toBe(head)
        expect(hex(rootOfInclusion(leaf, { index, size, proof }))).toBe(head)
        const other = leaves[(index + 1) % 700]!
        expect(hex(rootOfInclusion(other, { index, size, proof }))).not.toBe(head)
        if (size === 1) continue
        expect(hex(rootOfInclusion(leaf, { index: index ^ 1, size, proof }))).not.toBe(head)
        const long = [...proof, leaf]
        expect(rootOfInclusion(leaf, { index, size, proof: long })).toBeNull()
        expect(rootOfInclusion(leaf, { index, size, proof: proof.slice(1) })).not.toEqual(head)
      }
    }
  })

  it('names the tiles that it needs', () => {
    const tiles = tilesOf(700, 300)
    const needed = tilesFor((read) => inclusionProof(300, 700, read))
    const some = tilesByName(needed.map((key) => tiles.get(tileName(key)) ?? missing()))
    expect(inclusionProof(300, 700, readFrom(some, missing))).toEqual(
      inclusionProof(300, 700, readFrom(tiles, missing)),
    )
    expect(needed.length).toBeLessThan(5)
  })
})

describe('canonical JSON', () => {
  it('is what the reference implementation of RFC 8785 writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(canonical(value)).toBe(canonicalize(value))
      }),
      { numRuns: 300 },
    )
  })

  it('writes the example of RFC 8785', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    )
    expect(canonical(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('of an entry is one line, with half of a surrogate pair escaped', async () => {
    const line = entryLine({
      seq: 7,
      at: 1_793_000_000_000,
      actor: 'system:limits',
      action: 'adjustment.held',
      subject: 'adj_x',
      data: '{"b":[1,{"d":null,"c":"\\ud800\\n"}],"a":5}',
    })
    expect(line).toBe(
      '{"action":"adjustment.held","actor":"system:limits","at":1793000000000,"data":{"a":5,"b":[1,{"c":"\\ud800\\n","d":null}]},"seq":7,"subject":"adj_x"}',
    )
    expect(lineHash(line).toHex()).toBe((await leafOf(line)).toHex())
  })
  it.each([
    '{"a":1,"a":2}',
    '{"a": 1}',
    '{"a":1e400}',
    '{"a":9007199254740993}',
    '{"a":5.0}',
    '{"\\u0061":1}',
    '{"a":1',
  ])('of data that could be written otherwise, %s, has the text itself', (data) => {
    const entry = { seq: 7, at: 1, actor: 'a', action: 'b', subject: 'c', data }
    expect(JSON.parse(entryLine(entry)).data).toBe(data)
    expect(JSON.parse(entryLine({ ...entry, data: '{"z":1,"a":2}' })).data).toEqual({ a: 2, z: 1 })
  })
})
