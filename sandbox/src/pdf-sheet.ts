// A4 sheets with a cursor: text in several typefaces, wrapped to a width, and a new sheet where one is
// full. Lengths are PDF points; y grows upwards, as in PDF.
import { rgb } from '@cantoo/pdf-lib'
import type { PDFDocument, PDFPage } from '@cantoo/pdf-lib'
import { Typefaces } from './pdf-typefaces.ts'
import type { Run, Weight } from './pdf-typefaces.ts'

const WIDTH = 595.28
const HEIGHT = 841.89
export const LEFT = 56
export const RIGHT = WIDTH - 56
const TOP = HEIGHT - 64
const BOTTOM = 96
const FOOTER_Y = 48

export const INK = rgb(0.11, 0.13, 0.16)
export const QUIET = rgb(0.42, 0.45, 0.5)
const LINE = rgb(0.85, 0.87, 0.89)

export type Style = {
  readonly size: number
  readonly weight?: Weight
  readonly color?: ReturnType<typeof rgb>
}

/** A place to come back to. */
export type Mark = { readonly y: number; readonly sheets: number }

export class Sheets {
  readonly #pdf: PDFDocument
  readonly #typefaces: Typefaces
  #page: PDFPage
  y = TOP

  constructor(pdf: PDFDocument) {
    this.#pdf = pdf
    this.#typefaces = new Typefaces(pdf)
    this.#page = pdf.addPage([WIDTH, HEIGHT])
  }

  /** Moves down; on a full sheet, to the top of a new one. */
  down(points: number): void {
    this.y -= points
    if (this.y >= BOTTOM) return
    this.#page = this.#pdf.addPage([WIDTH, HEIGHT])
    this.y = TOP
  }

  async #width(text: string, style: Style): Promise<number> {
    const runs = await this.#typefaces.runs(text, style.weight ?? 'regular')
    return runs.reduce((sum, run) => sum + run.font.widthOfTextAtSize(run.text, style.size), 0)
  }

  #drawRuns(page: PDFPage, runs: readonly Run[], at: { x: number; y: number }, style: Style): void {
    let x = at.x
    for (const { text, font } of runs) {
      page.drawText(text, { x, y: at.y, size: style.size, font, color: style.color ?? INK })
      x += font.widthOfTextAtSize(text, style.size)
    }
  }

  /** One line at the cursor's height, from `x` to the right. */
  async text(text: string, x: number, style: Style): Promise<void> {
    const runs = await this.#typefaces.runs(text, style.weight ?? 'regular')
    this.#drawRuns(this.#page, runs, { x, y: this.y }, style)
  }

  /** One line at the cursor's height that ends at `x`, drawn smaller where it is wider than `width`. */
  async textEndingAt(text: string, x: number, style: Style, width = Infinity): Promise<void> {
    const natural = await this.#width(text, style)
    const scale = Math.min(1, width / natural)
    const fitting = { ...style, size: style.size * scale }
    await this.text(text, x - natural * scale, fitting)
  }

  /** Whether a new sheet was begun since `mark` was taken. */
  isBeyond(mark: Mark): boolean {
    return this.#pdf.getPageCount() > mark.sheets
  }

  mark(): Mark {
    return { y: this.y, sheets: this.#pdf.getPageCount() }
  }

  /** Lines no wider than `width`; the cursor stays on the last one. */
  async paragraph(text: string, x: number, width: number, style: Style): Promise<void> {
    const lines = await this.#wrap(text, width, style)
    for (const [index, line] of lines.entries()) {
      if (index > 0) this.down(style.size * 1.45)
      await this.text(line, x, style)
    }
  }

  /** Breaks at spaces and between Han characters, and inside a word only where it is wider than a line. */
  async #wrap(text: string, width: number, style: Style): Promise<string[]> {
    const pieces = text.match(
      /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+|\s+/gu,
    )
    const lines: string[] = []
    let line = ''
    for (const piece of pieces ?? []) {
      const longer = line + piece.replace(/\s+/, ' ')
      if (line === '' || (await this.#width(longer.trimEnd(), style)) <= width)
        line = longer.trimStart()
      else {
        lines.push(line.trimEnd())
        line = piece.trimStart()
      }
      while ((await this.#width(line.trimEnd(), style)) > width) {
        const kept = await this.#fitting(line, width, style)
        lines.push(kept)
        line = line.slice(kept.length)
      }
    }
    return [...lines, line.trimEnd()]
  }

  /** The longest beginning that fits, at least one character, never half of one. */
  async #fitting(line: string, width: number, style: Style): Promise<string> {
    const characters = [...line]
    let low = 1
    let high = characters.length
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const fits = (await this.#width(characters.slice(0, middle).join(''), style)) <= width
      if (fits) low = middle
      else high = middle - 1
    }
    return characters.slice(0, low).join('')
  }

  /** A thin line over the whole width, or from `from`, a little below the cursor. */
  rule(from: number = LEFT): void {
    const y = this.y - 8
    const stroke = { thickness: 0.75, color: LINE }
    this.#page.drawLine({ start: { x: from, y }, end: { x: RIGHT, y }, ...stroke })
  }

  /** On every sheet the same words to the left and its number to the right. */
  async footer(words: string): Promise<void> {
    const style: Style = { size: 8, color: QUIET }
    const pages = this.#pdf.getPages()
    for (const [index, page] of pages.entries()) {
      this.#page = page
      this.y = FOOTER_Y
      await this.text(words, LEFT, style)
      await this.textEndingAt(`Page ${index + 1} of ${pages.length}`, RIGHT, style)
    }
  }
}
