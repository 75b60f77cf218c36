// The PDF behind a signed address. Where qpdf and poppler are installed they are the judges; elsewhere
// their tests are skipped by name, and the structure is checked with pdf-lib alone.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PDFDocument } from '@cantoo/pdf-lib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox } from './running-sandbox.ts'
import type { RunningSandbox } from './running-sandbox.ts'

const run = promisify(execFile)
const WEEK_SECONDS = 7 * 24 * 3600

let sandbox: RunningSandbox
let folder: string

beforeAll(async () => {
  sandbox = await startSandbox()
  folder = await mkdtemp(join(tmpdir(), 'sandbox-pdf-'))
})
afterAll(async () => {
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

async function address(invoiceId: string): Promise<string> {
  const { json } = await sandbox.api('GET', `/invoices/${invoiceId}/download`)
  return json.data.url
}

async function adjust(customerId: string, amount: number, description: string): Promise<string> {
  const { json } = await sandbox.api('POST', '/invoices', { customerId, amount, description })
  return json.data.id
}

async function pdfOf(invoiceId: string): Promise<Uint8Array> {
  const response = await fetch(await address(invoiceId))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  return new Uint8Array(await response.arrayBuffer())
}

async function fileOf(invoiceId: string): Promise<string> {
  const path = join(folder, `${invoiceId}.pdf`)
  await writeFile(path, await pdfOf(invoiceId))
  return path
}

async function textOf(invoiceId: string): Promise<string> {
  const { stdout } = await run('pdftotext', ['-layout', await fileOf(invoiceId), '-'])
  return stdout
}

const has = (tool: string) => spawnSync(tool, ['--version']).error === undefined

describe('the PDF', () => {
  it('opens, is one A4 page, and says in its title what it is', async () => {
    const id = await adjust('cus_acme', -2500, 'Outage on Monday')
    const pdf = await PDFDocument.load(await pdfOf(id), { updateMetadata: false })
    expect(pdf.getPageCount()).toBe(1)
    expect(pdf.getPage(0).getSize()).toEqual({ width: 595.28, height: 841.89 })
    expect(pdf.getTitle()).toMatch(/^Credit INV-00\d\d$/)
  })

  it('is the same bytes each time', async () => {
    expect(await pdfOf('inv_acme_plan')).toEqual(await pdfOf('inv_acme_plan'))
  })

  it('takes a second page where the description is long, and never fails on a strange one', async () => {
    const long = await adjust('cus_bolt', 123_456_789_012, 'long '.repeat(399))
    expect((await PDFDocument.load(await pdfOf(long))).getPageCount()).toBe(2)
    for (const strange of ['x'.repeat(2000), '\u0000\n\t', '🎉', '\uD800', 'ﷺ'.repeat(40)]) {
      const id = await adjust('cus_bolt', -1, strange)
      expect((await PDFDocument.load(await pdfOf(id))).getPageCount()).toBeGreaterThan(0)
    }
  })

  it.skipIf(!has('qpdf'))('passes qpdf --check', async () => {
    const ids = ['inv_acme_plan', await adjust('cus_scripts', -2500, 'お詫び 사과 اعتذار')]
    for (const id of ids) {
      const { stdout } = await run('qpdf', ['--check', await fileOf(id)])
      expect(stdout).toContain('No syntax or stream encoding errors found')
    }
  })

  it.skipIf(!has('pdftotext'))('says what a finance person looks for in a credit', async () => {
    const text = await textOf(await adjust('cus_acme', -123_456, 'Outage on Monday'))
    for (const said of [
      'Northwind Software, Inc.',
      'Acme GmbH',
      'Torstraße 140',
      '10119 Berlin',
      'Germany',
      'DE811907980',
      'Total credit',
      '-1,234.56 USD',
      'Outage on Monday',
      'changes neither your plan nor its',
      'Page 1 of 1',
    ]) {
      expect(text).toContain(said)
    }
    expect(text).toMatch(/Credit number\s+INV-00\d\d/)
    expect(text).toMatch(/Issue date\s+\d{1,2} [A-Z][a-z]+ \d{4}/)
    expect(text).not.toContain('Due date')
  })

  it.skipIf(!has('pdftotext'))(
    'is an invoice with due date, period and tax for a charge',
    async () => {
      const plan = await textOf('inv_dupont_plan')
      for (const said of ['Invoice', 'Due date', 'Period', 'Équipe plan', '179.00 EUR', 'Paid']) {
        expect(plan).toContain(said)
      }
      expect(plan).not.toMatch(/credit/i)
      await sandbox.control('PUT', '/switches', { taxRateBasisPoints: 1900 })
      const charge = await textOf(await adjust('cus_acme', 10_000, 'More seats'))
      await sandbox.control('PUT', '/switches', { taxRateBasisPoints: 0 })
      expect(charge).toMatch(/Tax\s+19.00 USD/)
      expect(charge).toMatch(/Total\s+119.00 USD/)
    },
  )

  it.skipIf(!has('pdftotext'))(
    'shows names in any script, and never drops a character',
    async () => {
      const names = [
        'Żółć Ąę 株式会社 Ltd',
        'Ирис Софт ООО',
        'Εταιρεία Αθηνών',
        '上海软件有限公司',
        '주식회사 한빛',
        'บริษัท ไทย',
        'შპს თბილისი',
        'Երևան ՍՊԸ',
        'तकनीक भारत',
        'ঢাকা লাল',
        'தமிழ் நாடு',
        'שלום',
        'شركة',
      ]
      for (const fullName of names) {
        await sandbox.api('PUT', '/customers/cus_scripts', { fullName })
        const text = await textOf('inv_scripts_plan')
        expect(text.replace(/[\u200E\u200F\u202A-\u202E]/g, '')).toContain(fullName)
      }
      await sandbox.api('PUT', '/customers/cus_scripts', { fullName: 'Party 🎉 Ltd' })
      expect(await textOf('inv_scripts_plan')).toContain('Party \uFFFD Ltd')
    },
  )

  it.skipIf(!has('pdftotext'))(
    'leaves the space after a right-to-left word at its place',
    async () => {
      await sandbox.api('PUT', '/customers/cus_scripts', { fullName: 'שלום עולם Ltd' })
      const { stdout } = await run('pdftotext', ['-bbox', await fileOf('inv_scripts_plan'), '-'])
      const place = (word: string) => {
        const found = new RegExp(`xMin="([\\d.]+)".* xMax="([\\d.]+)".*>${word}<`).exec(stdout)
        return { left: Number(found?.[1]), right: Number(found?.[2]) }
      }
      // The boxes spell a word as it is drawn, from the left.
      const drawn = (word: string) => place([...word].toReversed().join(''))
      const [second, first, last] = [drawn('עולם'), drawn('שלום'), place('Ltd')]
      for (const gap of [first.left - second.right, last.left - first.right]) {
        expect(gap).toBeGreaterThan(1.5)
        expect(gap).toBeLessThan(5)
      }
    },
  )

  it.skipIf(!has('pdftotext'))('keeps huge figures in their columns', async () => {
    const text = await textOf(await adjust('cus_acme', -9_007_199_254_740_991, 'Everything'))
    expect(text).toMatch(/Credit +1 +-90,071,992,547,409\.91 +-90,071,992,547,409\.91\n/)
    expect(text).toMatch(/Total credit +-90,071,992,547,409\.91 USD\n/)
  })

  it.skipIf(!has('pdftotext'))('says number and dates on page 1 under any name', async () => {
    await sandbox.api('PUT', '/customers/cus_scripts', { fullName: 'Endless name '.repeat(146) })
    const path = await fileOf('inv_scripts_plan')
    const { stdout } = await run('pdftotext', ['-layout', '-l', '1', path, '-'])
    for (const said of ['Invoice number', 'Issue date', 'Due date', 'Status']) {
      expect(stdout).toContain(said)
    }
    expect((await PDFDocument.load(await pdfOf('inv_scripts_plan'))).getPageCount()).toBe(2)
  })

  it.skipIf(!has('pdftoppm'))('is drawn with ink where the name stands', async () => {
    await sandbox.api('PUT', '/customers/cus_scripts', { fullName: 'Żółć Ąę 株式会社 Ltd' })
    const box = ['-x', '56', '-y', '150', '-W', '240', '-H', '16']
    const path = await fileOf('inv_scripts_plan')
    const { stdout } = await run('pdftoppm', ['-gray', '-r', '72', ...box, path], {
      encoding: 'buffer',
    })
    const pixels = stdout.subarray(-240 * 16)
    const dark = pixels.filter((pixel) => pixel < 128).length
    expect(dark).toBeGreaterThan(100)
  })
})

describe('a signed address', () => {
  it('works without a key and refuses every changed byte', async () => {
    const whole = await address('inv_acme_plan')
    expect((await fetch(whole)).status).toBe(200)
    const { origin, pathname, search } = new URL(whole)
    const signed = pathname + search
    const changed = [...signed].slice(1).map((character, place) => {
      const index = place + 1
      const other = character === 'a' ? 'b' : 'a'
      return signed.slice(0, index) + other + signed.slice(index + 1)
    })
    changed.push(`${signed}0`, `${signed}&x=1`, signed.slice(0, -1), signed.replace('i', '%69'))
    const statuses = await Promise.all(
      changed.map(async (path) => (await fetch(origin + path, { redirect: 'manual' })).status),
    )
    expect(statuses.filter((status) => status !== 403 && status !== 404)).toEqual([])
    expect((await fetch(whole)).status).toBe(200)
  })

  it('dies after seven days of the clock, and says when', async () => {
    const { json } = await sandbox.api('GET', '/invoices/inv_acme_plan/download')
    const before = Date.parse((await sandbox.control('GET', '/clock')).json.now)
    const lifeMs = Date.parse(json.data.expiresAt) - before
    expect(Math.abs(lifeMs - WEEK_SECONDS * 1000)).toBeLessThan(2000)
    await sandbox.control('POST', '/clock', { advanceSeconds: WEEK_SECONDS - 60 })
    expect((await fetch(json.data.url)).status).toBe(200)
    await sandbox.control('POST', '/clock', { advanceSeconds: 61 })
    const dead = await fetch(json.data.url)
    expect([dead.status, await dead.text()]).toEqual([403, 'This address has expired.'])
    expect((await fetch(await address('inv_acme_plan'))).status).toBe(200)
  })
})
