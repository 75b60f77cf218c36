// The billing API's ledger of a chaos run, invoice by invoice and customer by customer, against what the senders
// meant. The billing API is the run's own, so that whatever came into it since the beginning came from the app.

import { isPlain, type LedgerInvoice, type RunRecord, type SentFact } from './chaos-told.ts'

export const metadataOf = ({ metadata }: LedgerInvoice, name: string): string =>
  String(metadata?.[`makegood_${name}`] ?? '')

export const isOurs = (invoice: LedgerInvoice): boolean =>
  metadataOf(invoice, 'adjustment_id') !== ''

const subjectOf = (invoice: LedgerInvoice): string => metadataOf(invoice, 'subject')

export const subjectsOf = (invoices: readonly LedgerInvoice[]): ReadonlySet<string> =>
  new Set(invoices.map(subjectOf))

const isAlike = (one: LedgerInvoice, other: LedgerInvoice): boolean =>
  one.customerId === other.customerId &&
  one.currency === other.currency &&
  one.subtotal === other.subtotal

const isNew =
  ({ before }: RunRecord) =>
  ({ id }: LedgerInvoice): boolean =>
    !before.includes(id)

/**
 * Two invoices for one adjustment, or for one subject by one rule, whatever the app believes; and one that carries
 * nothing of ours and is like one that does.
 */
export function doubledIn(record: RunRecord): string[] {
  const added = record.ledger.filter(isNew(record))
  const ours = added.filter(isOurs)
  const keys = [
    (each: LedgerInvoice) => metadataOf(each, 'adjustment_id'),
    (each: LedgerInvoice) =>
      ['rule', 'subject', 'reverses'].map((name) => metadataOf(each, name)).join(' '),
  ]
  const more = keys.flatMap((keyOf) =>
    [...Map.groupBy(ours, keyOf)].flatMap(([key, [first, ...others]]) =>
      others.map(({ id }): [string, string] => [id, `${key}: ${first?.id} and ${id}`]),
    ),
  )
  const bare = added.flatMap((each): [string, string][] => {
    const like = isOurs(each) ? undefined : ours.find((other) => isAlike(each, other))
    return like ? [[each.id, `${subjectOf(like)}: ${like.id}, and ${each.id} without our id`]] : []
  })
  return [...new Map([...more.toReversed(), ...bare]).values()]
}

export function strangeIn(record: RunRecord): string[] {
  const added = record.ledger.filter(isNew(record))
  const ours = added.filter(isOurs)
  const known = new Map(record.adjustments.map((each) => [each.id, each]))
  const facts = new Map(record.facts.map((each) => [each.subject, each]))
  const whatIsWrong = (invoice: LedgerInvoice): string | null => {
    if (!isOurs(invoice)) {
      return ours.some((other) => isAlike(invoice, other)) ? null : 'it carries nothing of ours'
    }
    const adjustment = known.get(metadataOf(invoice, 'adjustment_id'))
    if (adjustment === undefined) return 'of no adjustment'
    if (adjustment.invoice?.id !== invoice.id) {
      return `its adjustment is ${adjustment.state}, and does not know it`
    }
    if (adjustment.reverses !== null) return 'it is a charge, and nobody let it through'
    const fact = facts.get(subjectOf(invoice))
    if (fact === undefined || fact.expects === 'nothing') return 'nobody asked for it'
    if (fact.needs === 'person') return 'it needed a person, and nobody let it through'
    return differenceOf(invoice, fact, record)
  }
  return added.flatMap((invoice) => {
    const wrong = whatIsWrong(invoice)
    return wrong === null ? [] : [`${invoice.id} for ${subjectOf(invoice) || 'nothing'}: ${wrong}`]
  })
}

function differenceOf(
  { customerId, currency, subtotal }: LedgerInvoice,
  { customer, currency: meantCurrency, amount }: SentFact,
  { customers }: RunRecord,
): string | null {
  const meant = `${amount} ${meantCurrency} for ${customers.get(customer) ?? 'nobody'}`
  const found = `${subtotal} ${currency} for ${customerId}`
  return found === meant ? null : `${found} instead of ${meant}`
}

/**
 * Each customer's sum since the beginning, whatever the invoices say of themselves. Of what a person or an undo may
 * have stopped the ledger itself says whether it was; `strangeIn` says whether that was right.
 */
export function unbalancedIn(record: RunRecord): string[] {
  const plain = record.facts.filter(isPlain)
  const plainSubjects = new Set(plain.map(({ subject }) => subject))
  const added = record.ledger.filter(isNew(record))
  const sums = new Map<string, { meant: number; found: number }>()
  const add = (customer: string, currency: string, meant: number, found: number): void => {
    const sum = sums.get(`${customer} ${currency}`) ?? { meant: 0, found: 0 }
    sums.set(`${customer} ${currency}`, { meant: sum.meant + meant, found: sum.found + found })
  }
  for (const { customer, currency, amount } of plain) {
    add(record.customers.get(customer) ?? 'nobody', currency, amount, 0)
  }
  for (const invoice of added) {
    const mayBe = isOurs(invoice) && !plainSubjects.has(subjectOf(invoice))
    add(invoice.customerId, invoice.currency, mayBe ? invoice.subtotal : 0, invoice.subtotal)
  }
  return [...sums].flatMap(([whose, { meant, found }]) =>
    meant === found ? [] : [`${whose}: ${found} in the ledger, and ${meant} was meant`],
  )
}
