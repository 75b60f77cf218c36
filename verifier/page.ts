// The page that checks an export: what is chosen goes through the command's own check (src/domain/check-export.ts).

import { checkExport } from '../src/domain/check-export.ts'
import { reportLines } from '../src/domain/export-report.ts'
import { readPublicKey, type PublicKey } from '../src/domain/signed-note.ts'

/** The first line is the answer. */
type Answer = { readonly isGood: boolean; readonly lines: readonly string[] }

/** The page is painted at least so often while it checks. */
const PAINT_MS = 50

const trouble = (...lines: readonly string[]): Answer => ({ isGood: false, lines })

function part<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

const form = part('form', HTMLFormElement)
const log = part('log', HTMLInputElement)
const key = part('key', HTMLTextAreaElement)
const kept = part('kept', HTMLInputElement)
const oldKeys = part('old-keys', HTMLTextAreaElement)
const button = part('check', HTMLButtonElement)
const progress = part('progress', HTMLProgressElement)
const answer = part('answer', HTMLElement)

/** Yields to the page now and then, so that it shows how far it is. */
async function* piecesOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader()
  let [read, painted] = [0, performance.now()]
  for (;;) {
    const piece = await reader.read()
    if (piece.done) return
    yield piece.value
    read += piece.value.length
    if (performance.now() - painted < PAINT_MS) continue
    progress.value = read / Math.max(file.size, 1)
    await new Promise((resolve) => setTimeout(resolve))
    painted = performance.now()
  }
}

/** Null where one of them can't be read. */
function keysOf(text: string): readonly PublicKey[] | null {
  const lines = text.split('\n').flatMap((line) => line.trim() || [])
  const read = lines.map(readPublicKey)
  return read.every((each) => each !== null) ? read : null
}

async function check(): Promise<Answer> {
  const file = log.files?.[0]
  const older = kept.files?.[0]
  const trusted = keysOf(key.value)
  const former = keysOf(oldKeys.value)
  if (!file) return trouble('Choose the export first.')
  if (!trusted?.length) {
    return trouble('The public key can not be read: name+id+base64 is wanted.')
  }
  if (trusted.length > 1) return trouble('One public key is wanted: the one that signs now.')
  if (former === null) return trouble('A former key can not be read: name+id+base64 is wanted.')
  const note = (await older?.text()) ?? null
  const checked = await checkExport(piecesOf(file), trusted, note, former)
  if (!checked.ok) return trouble(`NOT INTACT: ${checked.error}`)
  const lines = reportLines(checked.value, older !== undefined)
  return { isGood: checked.value.fault === null, lines }
}

function show({ isGood, lines }: Answer): void {
  answer.className = isGood ? 'good' : 'bad'
  answer.replaceChildren(
    ...lines.map((line) => {
      const paragraph = document.createElement('p')
      paragraph.textContent = line
      return paragraph
    }),
  )
  answer.hidden = false
  answer.scrollIntoView({ block: 'nearest' })
}

async function run(): Promise<void> {
  button.disabled = true
  answer.hidden = true
  progress.value = 0
  progress.hidden = false
  show(
    await check().catch((error: unknown) =>
      trouble('It could not be checked.', error instanceof Error ? error.message : String(error)),
    ),
  )
  progress.hidden = true
  button.disabled = false
}

// A browser that lacks something ends before this line.
part('old', HTMLElement).hidden = true
form.addEventListener('submit', (event) => {
  event.preventDefault()
  void run()
})
