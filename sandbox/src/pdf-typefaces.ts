// Which typeface can show which character: Noto Sans for Latin, Greek and Cyrillic, others for Han and
// kana, Hangul, Arabic, Hebrew and Thai. Only what a document uses is embedded, as subsets.
import fontkit from '@cantoo/fontkit'
import type { PDFDocument, PDFFont } from '@cantoo/pdf-lib'
import hangulBytes from '@expo-google-fonts/nanum-gothic/400Regular/NanumGothic_400Regular.ttf'
import latinBytes from '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'
import latinBoldBytes from '@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf'
import arabicBytes from '@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'
import hebrewBytes from '@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'
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
} as const satisfies Record<string, ArrayBuffer>

type Face = keyof typeof BYTES

/** Asked in this order for what the Latin typeface lacks. */
const OTHERS = ['han', 'hangul', 'arabic', 'hebrew', 'thai'] as const satisfies readonly Face[]

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

/** A space stays in the typeface of the word before it, so that a script's words keep their order. */
function faceFor(character: string, weight: Weight, before: Face | undefined): Face | null {
  const codePoint = character.codePointAt(0) ?? 0
  const covers = (face: Face) => coverageOf(face).hasGlyphForCodePoint(codePoint)
  if (character === ' ' && before !== undefined && covers(before)) return before
  const latin: Face = weight === 'bold' ? 'latinBold' : 'latin'
  return [latin, ...OTHERS].find(covers) ?? null
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
    const stretches: { face: Face; text: string }[] = []
    for (const character of text.replace(/\p{Cc}+/gu, ' ')) {
      const last = stretches.at(-1)
      const found = faceFor(character, weight, last?.face)
      const face = found ?? 'latin'
      const shown = found === null ? REPLACEMENT : character
      if (last?.face === face) last.text += shown
      else stretches.push({ face, text: shown })
    }
    return Promise.all(
      stretches.map(async (stretch) => ({
        text: stretch.text,
        font: await this.#font(stretch.face),
      })),
    )
  }
}
