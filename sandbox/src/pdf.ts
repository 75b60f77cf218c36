import fontkit from '@cantoo/fontkit'
import { PDFDocument } from '@cantoo/pdf-lib'
import regular from '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'
import type { Paper } from './organization.ts'

/** The invoice as a PDF, the same bytes for the same invoice. */
export async function renderPdf(paper: Paper): Promise<Uint8Array<ArrayBuffer>> {
  const pdf = await PDFDocument.create()
  pdf.registerFontkit(fontkit)
  const font = await pdf.embedFont(regular, { subset: true })
  const page = pdf.addPage([595, 842])
  page.drawText(`${paper.invoice.invoiceNumber} ${paper.customer.email}`, {
    x: 50,
    y: 780,
    size: 12,
    font,
  })
  page.drawText(`${paper.invoice.total} ${paper.invoice.currency}`, {
    x: 50,
    y: 750,
    size: 12,
    font,
  })
  return new Uint8Array(await pdf.save())
}
