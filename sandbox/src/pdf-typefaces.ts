// Which typeface can show which character: Noto Sans for Latin, Greek, Cyrillic and Devanagari, others
// for Han and kana, Hangul, Arabic, Hebrew, Thai, Georgian, Armenian, Bengali and Tamil. Only what a
// document uses is embedded, as subsets.
import fontkit from '@cantoo/fontkit'
import type { PDFDocument, PDFFont } from '@cantoo/pdf-lib'
import hangulBytes from '@expo-google-fonts/nanum-gothic/400Regular/NanumGothic_400Regular.ttf'
import latinBytes from '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'
import latinBoldBytes from '@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf'
import arabicBytes from '@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'
import armenianBytes from '@expo-google-fonts/noto-sans-armenian/400Regular/NotoSansArmenian_400Regular.ttf'
import bengaliBytes from '@expo-google-fonts/noto-sans-bengali/400Regular/NotoSansBengali_400Regular.ttf'
import georgianBytes from '@expo-google-fonts/noto-sans-georgian/400Regular/NotoSansGeorgian_400Regular.ttf'
import hebrewBytes from '@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'
import tamilBytes from '@expo-google-fonts/noto-sans-tamil/400Regular/NotoSansTamil_400Regular.ttf'
import thaiBytes from '@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf'
// The package exports its module alone, so the file is named by its place.
import hanBytes from '../../node_modules/@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf'
import { assert } from '../../src/domain/assert.ts'

export type Weight = 'regular' | 'bold'

const BYTES = {
  latin: latinBytes,
  latinBold: latinBoldBytes,
  han: hanBytes,
  hangul: hangulBytes,
  arabic: arabicBytes,
  hebrew: hebrewBytes,
  thai: thaiBytes,
  georgian: georgianBytes,
  armenian: armenianBytes,
  bengali: bengaliBytes,
  tamil: tamilBytes,
} as const satisfies Record<string, ArrayBuffer>

type Face = keyof typeof BYTES

/** Asked in this order for what the Latin typeface lacks. */
const OTHERS = [
  'han',
  'hangul',
  'arabic',
  'hebrew',
  'thai',
  'georgian',
  'armenian',
  'bengali',
  'tamil',
] as const satisfies readonly Face[]

const RIGHT_TO_LEFT: ReadonlySet<Face> = new Set(['arabic', 'hebrew'])

/** Shown in place of a character that no typeface has: never an empty place in a name. */
const REPLACEMENT = '\uFFFD'

type Coverage = { hasGlyphForCodePoint(codePoint: number): boolean }

const coverages = new Map<Face, Coverage>()

/** Reading a typeface's table takes a while and its result never changes, so an isolate reads it once. */
function coverageOf(face: Face): Coverage {
  const known = coverages.get(face)
  if (known !== undefined) return known
  const read = fontkit.create(new Uint8Array(BYTES[face]))
  assert('hasGlyphForCodePoint' in read, `the file of ${face} holds one typeface`)
  coverages.set(face, read)
  return read
}

/** What stands between words, and belongs to no script. */
const NEUTRAL = /[\p{Zs}\p{Po}\p{Pd}]/u

function covers(face: Face, character: string): boolean {
  return coverageOf(face).hasGlyphForCodePoint(character.codePointAt(0) ?? 0)
}

function faceFor(character: string, weight: Weight): Face | null {
  const latin: Face = weight === 'bold' ? 'latinBold' : 'latin'
  return [latin, ...OTHERS].find((face) => covers(face, character)) ?? null
}

type Stretch = { face: Face; text: string }

/**
 * Cuts a line into stretches of one typeface each. A space stays with the word before it. A typeface
 * that runs from right to left keeps only what stands between two of its own words, since a drawn
 * stretch puts its last character at its left end, and so would part it from the word that follows.
 */
function stretchesOf(line: string, weight: Weight): Stretch[] {
  const stretches: Stretch[] = []
  const characters = [...line]
  for (const [index, character] of characters.entries()) {
    const last = stretches.at(-1)
    const stays = last && NEUTRAL.test(character) && covers(last.face, character)
    const found = faceFor(character, weight)
    let face = found ?? 'latin'
    if (stays && RIGHT_TO_LEFT.has(last.face)) {
      const next = characters.slice(index).find((one) => !NEUTRAL.test(one))
      if (next !== undefined && faceFor(next, weight) === last.face) face = last.face
    } else if (stays && character === ' ') face = last.face
    const shown = found === null ? REPLACEMENT : character
    if (last?.face === face) last.text += shown
    else stretches.push({ face, text: shown })
  }
  return stretches
}

/** A stretch of text that one typeface shows. */
export type Run = { readonly text: string; readonly font: PDFFont }

export class Typefaces {
  readonly #pdf: PDFDocument
  readonly #embedded = new Map<Face, PDFFont>()

  constructor(pdf: PDFDocument) {
    this.#pdf = pdf
    pdf.registerFontkit(fontkit)
  }

  async #font(face: Face): Promise<PDFFont> {
    const known =
      this.#embedded.get(face) ?? (await this.#pdf.embedFont(BYTES[face], { subset: true }))
    this.#embedded.set(face, known)
    return known
  }

  /** The text as runs; control characters become spaces. */
  async runs(text: string, weight: Weight): Promise<Run[]> {
    const stretches = stretchesOf(text.replace(/\p{Cc}+/gu, ' '), weight)
    return Promise.all(
      stretches.map(async (stretch) => ({
        text: stretch.text,
        font: await this.#font(stretch.face),
      })),
    )
  }
}
