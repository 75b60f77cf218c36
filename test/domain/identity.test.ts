import { describe, expect, it } from 'vitest'
import { comparedValue, readIdentity, type WrittenIdentity } from '../../src/domain/identity.ts'

const ACCOUNTS = new Set(['zendesk', 'stripe-eu'])
const WRITTEN: WrittenIdentity = {
  account: 'stripe-eu',
  kind: 'source_id',
  value: 'cus_Acme',
  customerId: 'cus_acme',
}

describe('an identity as somebody wrote it', () => {
  it.each<[string, Partial<WrittenIdentity>, object]>([
    ['as it is', {}, {}],
    ['of every account', { account: '' }, { account: '' }],
    [
      'without the blanks around its fields',
      { account: ' zendesk ', kind: ' email', value: '\ta@b.example ', customerId: 'cus_a ' },
      { account: 'zendesk', kind: 'email', value: 'a@b.example', customerId: 'cus_a' },
    ],
    [
      'an address in small letters',
      { kind: 'email', value: 'Ann@Bolt.EXAMPLE' },
      { kind: 'email', value: 'ann@bolt.example' },
    ],
    ['any other value as it is', { value: 'Crème brûlée #7' }, { value: 'Crème brûlée #7' }],
  ])('%s', (_name, written, kept) => {
    const read = readIdentity({ ...WRITTEN, ...written }, ACCOUNTS)
    expect(read).toEqual({ ok: true, value: { ...WRITTEN, ...kept } })
  })

  it.each<[Partial<WrittenIdentity>, string]>([
    [{ account: 'nowhere' }, 'account'],
    [{ account: 'STRIPE-EU' }, 'account'],
    [{ kind: 'billing_id' }, 'kind'],
    [{ kind: '' }, 'kind'],
    [{ value: '' }, 'value'],
    [{ value: '  ' }, 'value'],
    [{ value: 'a\u0000b' }, 'value'],
    [{ value: 'two\nlines' }, 'value'],
    [{ value: 'a\u202eb' }, 'value'],
    [{ value: 'lone \ud800' }, 'value'],
    [{ value: 'x'.repeat(201) }, 'value'],
    [{ kind: 'email', value: 'nobody' }, 'value'],
    [{ kind: 'email', value: 'a b@c.example' }, 'value'],
    [{ kind: 'email', value: 'a@b@c.example' }, 'value'],
    [{ customerId: '' }, 'customerId'],
    [{ customerId: 'billing@acme.example' }, 'customerId'],
    [{ customerId: 'Acme GmbH' }, 'customerId'],
    [{ customerId: '..' }, 'customerId'],
    [{ customerId: 'x'.repeat(257) }, 'customerId'],
  ])('%j is refused, and the field is named', (written, field) => {
    const read = readIdentity({ ...WRITTEN, ...written }, ACCOUNTS)
    expect(read).toMatchObject({ ok: false, error: [{ field }] })
  })

  it('names every field that is wrong', () => {
    const read = readIdentity({ account: '?', kind: '?', value: '', customerId: '' }, ACCOUNTS)
    const fields = read.ok ? [] : read.error.map((fault) => fault.field)
    expect(fields).toEqual(['account', 'kind', 'value', 'customerId'])
  })

  it('an address is compared as it is kept', () => {
    const read = readIdentity({ ...WRITTEN, kind: 'email', value: ' ÄNNE@İ.example' }, ACCOUNTS)
    const kept = read.ok ? read.value.value : null
    expect(comparedValue('email', 'ÄNNE@İ.example')).toBe(kept)
    expect(comparedValue('email', kept ?? '')).toBe(kept)
  })
})
