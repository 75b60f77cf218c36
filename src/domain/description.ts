// The line that the customer reads on the invoice. It is made of what the configuration says and of the
// invoice that it is about; nothing that a sender, a ticket or an agent wrote goes into it.

import { DESCRIPTION_CHARS_MAX } from './limits.ts'
import { oneLine } from './text.ts'

/** It is printed on the document that the customer reads, so it is a number and no sentence. */
const INVOICE_NUMBER = /^[A-Za-z0-9][A-Za-z0-9._/#-]{0,63}$/

/** Whether an invoice's number may stand in what the customer reads, whoever wrote it. */
export const isInvoiceNumber = (text: unknown): boolean =>
  typeof text === 'string' && INVOICE_NUMBER.test(text)

const PLACEHOLDERS = ['reason', 'original_invoice']

/** What is wrong with a template; an empty list is none. */
export function templateProblems(template: string): string[] {
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
  const problems = names
    .filter((name) => !PLACEHOLDERS.includes(name))
    .map((name) => `{${name}} is not known; known are {reason} and {original_invoice}`)
  if (template.trim() === '') problems.push('is empty')
  if (template.length > DESCRIPTION_CHARS_MAX) {
    problems.push(`has more than ${DESCRIPTION_CHARS_MAX} characters`)
  }
  return problems
}

/**
 * A template that wants the original invoice, where none is known, gives way to the plain label. One
 * that doesn't mention it has it added.
 */
export function descriptionOf(
  template: string | null,
  label: string,
  originalInvoice: string | null,
): string {
  const mentions = template?.includes('{original_invoice}') ?? false
  const used = template === null || (mentions && originalInvoice === null) ? '{reason}' : template
  const about = originalInvoice === null || mentions ? '' : ` (invoice ${originalInvoice})`
  const text = used
    .replaceAll('{reason}', () => label)
    .replaceAll('{original_invoice}', () => originalInvoice ?? '')
  return oneLine(text + about, DESCRIPTION_CHARS_MAX)
}
