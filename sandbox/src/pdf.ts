// The invoice as a document: seller and customer, number and dates, lines, totals with sign and currency,
// "Credit" said plainly. It says nothing about renewals that an adjustment does not do.
import { PDFDocument } from '@cantoo/pdf-lib'
import type { Invoice } from '@commet/node'
import type { Address } from './customers.ts'
import type { Paper } from './organization.ts'
import { LEFT, QUIET, RIGHT, Sheets } from './pdf-sheet.ts'
import type { Style } from './pdf-sheet.ts'

const SELLER = {
  name: 'Northwind Software, Inc.',
  lines: ['2261 Market Street', 'San Francisco, CA 94114, United States', 'Tax ID 94-3141592'],
}

const BODY: Style = { size: 9.5 }
const STRONG: Style = { size: 9.5, weight: 'bold' }
const SOFT: Style = { size: 9.5, color: QUIET }
const LABEL: Style = { size: 8, color: QUIET }
const LINE_POINTS = 14
const COLUMNS = { quantity: 368, unit: 456, amount: RIGHT }
const DESCRIPTION_WIDTH = 260
/** A figure that is wider is drawn smaller, so that no column prints over another. */
const COLUMN_WIDTH = 76
const TOTAL_WIDTH = 112

/** `-1,234.50` for -123450: the vendor's settlement scale has two decimals in every currency. */
export function decimal(amount: number): string {
  const digits = String(Math.abs(amount)).padStart(3, '0')
  const units = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${amount < 0 ? '-' : ''}${units}.${digits.slice(-2)}`
}

function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
}

function isCredit(invoice: Invoice): boolean {
  return invoice.total < 0
}

function money(invoice: Invoice, amount: number): string {
  return `${decimal(amount)} ${invoice.currency.toUpperCase()}`
}

/** The invoice as a PDF. Dates are those of the invoice, so the same invoice gives the same document. */
export async function renderPdf(paper: Paper): Promise<Uint8Array<ArrayBuffer>> {
  const { invoice } = paper
  const pdf = await PDFDocument.create({ updateMetadata: false })
  const title = `${isCredit(invoice) ? 'Credit' : 'Invoice'} ${invoice.invoiceNumber}`
  pdf.setTitle(title, { showInWindowTitleBar: true })
  pdf.setAuthor(SELLER.name)
  pdf.setProducer('Commet sandbox')
  pdf.setLanguage('en')
  pdf.setCreationDate(new Date(invoice.createdAt))
  pdf.setModificationDate(new Date(invoice.updatedAt))
  const sheets = new Sheets(pdf)
  await drawHead(sheets, invoice)
  await drawParties(sheets, paper)
  await drawLines(sheets, invoice)
  await drawTotals(sheets, invoice)
  await drawNotes(sheets, invoice)
  await sheets.footer(`${SELLER.name}  ·  ${title}`)
  return new Uint8Array(await pdf.save())
}

async function drawHead(sheets: Sheets, invoice: Invoice): Promise<void> {
  await sheets.text(SELLER.name, LEFT, { size: 13, weight: 'bold' })
  const kind = isCredit(invoice) ? 'Credit' : 'Invoice'
  await sheets.textEndingAt(kind, RIGHT, { size: 22, weight: 'bold' })
  sheets.down(3)
  for (const line of SELLER.lines) {
    sheets.down(LINE_POINTS)
    await sheets.text(line, LEFT, SOFT)
    if (line === SELLER.lines[0]) {
      await sheets.textEndingAt(invoice.invoiceNumber, RIGHT, { size: 11, color: QUIET })
    }
  }
  sheets.rule()
  sheets.down(36)
}

/** The facts are drawn first: a name of many lines may leave the sheet, and they stay on it. */
async function drawParties(sheets: Sheets, { invoice, customer, address }: Paper): Promise<void> {
  const top = sheets.mark()
  for (const [key, value] of facts(invoice)) {
    await sheets.text(key, 340, SOFT)
    await sheets.textEndingAt(value, RIGHT, BODY)
    sheets.down(LINE_POINTS + 1)
  }
  const factsEnd = sheets.y
  sheets.y = top.y
  const place = address && placeLine(address)
  const name = customer.fullName ?? customer.email
  const lines = [
    address?.line1,
    address?.line2,
    place,
    address && countryName(address.country),
    customer.email,
  ]
  const tax = customer.taxDocument
  const label = isCredit(invoice) ? 'Credited to' : 'Billed to'
  await sheets.text(label, LEFT, LABEL)
  sheets.down(LINE_POINTS + 1)
  await sheets.paragraph(name, LEFT, 240, { size: 10.5, weight: 'bold' })
  for (const line of [...lines, tax && `${customer.documentType ?? 'Tax ID'} ${tax}`]) {
    if (!line) continue
    sheets.down(LINE_POINTS)
    await sheets.paragraph(line, LEFT, 240, SOFT)
  }
  if (!sheets.isBeyond(top)) sheets.y = Math.min(sheets.y, factsEnd)
  sheets.down(34)
}

function placeLine({ city, state, postalCode }: Address): string {
  return state === undefined ? `${postalCode} ${city}` : `${city}, ${state} ${postalCode}`
}

/** The country's name in English, or what the customer wrote where that is no code. */
function countryName(country: string): string {
  if (!/^[A-Za-z]{2}$/.test(country)) return country
  return new Intl.DisplayNames(['en'], { type: 'region' }).of(country.toUpperCase()) ?? country
}

/** A credit is due from nobody, so it shows no due date. */
function facts(invoice: Invoice): readonly (readonly [string, string])[] {
  const due = [['Due date', day(invoice.dueDate)]] as const
  const period = `${day(invoice.periodStart)} – ${day(invoice.periodEnd)}`
  const periods = invoice.periodStart === invoice.periodEnd ? [] : ([['Period', period]] as const)
  const reference = invoice.reference ?? invoice.poNumber
  return [
    [isCredit(invoice) ? 'Credit number' : 'Invoice number', invoice.invoiceNumber],
    ['Issue date', day(invoice.issueDate)],
    ...(isCredit(invoice) ? [] : due),
    ...periods,
    ['Currency', invoice.currency.toUpperCase()],
    ['Status', statusInWords(invoice)],
    ...(reference ? [['Reference', reference] as const] : []),
  ]
}

function statusInWords(invoice: Invoice): string {
  switch (invoice.status) {
    case 'draft':
      return 'Draft'
    case 'outstanding':
      return isCredit(invoice) ? 'Open' : 'Outstanding'
    case 'paid':
      return isCredit(invoice) ? 'Settled' : 'Paid'
    case 'void':
      return 'Void'
    case 'uncollectible':
      return 'Uncollectible'
  }
}

async function drawLines(sheets: Sheets, invoice: Invoice): Promise<void> {
  await sheets.text('Description', LEFT, LABEL)
  await sheets.textEndingAt('Quantity', COLUMNS.quantity, LABEL)
  await sheets.textEndingAt('Unit price', COLUMNS.unit, LABEL)
  await sheets.textEndingAt(`Amount (${invoice.currency.toUpperCase()})`, COLUMNS.amount, LABEL)
  sheets.rule()
  sheets.down(26)
  for (const line of invoice.lineItems ?? []) {
    await sheets.text(lineHead(line.lineType), LEFT, STRONG)
    await sheets.textEndingAt(String(line.quantity), COLUMNS.quantity, BODY)
    await sheets.textEndingAt(decimal(line.unitAmount), COLUMNS.unit, BODY, COLUMN_WIDTH)
    await sheets.textEndingAt(decimal(line.amount), COLUMNS.amount, BODY, COLUMN_WIDTH)
    sheets.down(LINE_POINTS)
    await sheets.paragraph(line.description, LEFT, DESCRIPTION_WIDTH, SOFT)
    sheets.rule()
    sheets.down(26)
  }
}

function lineHead(lineType: NonNullable<Invoice['lineItems']>[number]['lineType']): string {
  if (lineType === 'credit') return 'Credit'
  return lineType === 'one_time' ? 'Adjustment' : 'Subscription'
}

async function drawTotals(sheets: Sheets, invoice: Invoice): Promise<void> {
  const rows: [string, number][] = [['Subtotal', invoice.subtotal]]
  if (invoice.discountAmount !== 0) rows.push(['Discount', -invoice.discountAmount])
  rows.push(['Tax', invoice.taxAmount])
  for (const [label, amount] of rows) {
    await sheets.text(label, 340, SOFT)
    await sheets.textEndingAt(money(invoice, amount), RIGHT, BODY, TOTAL_WIDTH)
    sheets.down(LINE_POINTS + 3)
  }
  sheets.y += 10
  sheets.rule(340)
  sheets.down(28)
  const total: Style = { size: 12, weight: 'bold' }
  await sheets.text(isCredit(invoice) ? 'Total credit' : 'Total', 340, total)
  await sheets.textEndingAt(money(invoice, invoice.total), RIGHT, total, TOTAL_WIDTH)
  sheets.down(44)
}

/** A memo that only repeats a line is not said twice. */
async function drawNotes(sheets: Sheets, invoice: Invoice): Promise<void> {
  const { memo } = invoice
  const repeats = invoice.lineItems?.some(({ description }) => description === memo) ?? false
  const notes: [string, string][] = []
  if (memo && !repeats) notes.push(['Memo', memo])
  if (isCredit(invoice)) {
    notes.push([
      'About this credit',
      `Credit of ${money(invoice, -invoice.total)} in your favour. ${ONE_OFF}`,
    ])
  } else if (invoice.invoiceType === 'adjustment') notes.push(['About this charge', ONE_OFF])
  if (!invoice.livemode) notes.push(['Sandbox', 'Issued for testing. Not a tax document.'])
  for (const [head, body] of notes) {
    await sheets.text(head, LEFT, LABEL)
    sheets.down(LINE_POINTS)
    await sheets.paragraph(body, LEFT, RIGHT - LEFT, BODY)
    sheets.down(24)
  }
}

const ONE_OFF = 'It is a one-off document and changes neither your plan nor its renewals.'
