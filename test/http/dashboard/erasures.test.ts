// Erasures in the settings: asked for by typing twice, and seen as far as they are.

import { beforeEach, expect, it } from 'vitest'
import { OPERATOR } from '../../harness.ts'
import { createWorld } from '../../world.ts'
import { createPerson, formOf, keyOf, type Person } from './browsing.ts'

const PAGE = '/settings/erasures'
let world: Awaited<ReturnType<typeof createWorld>>
let person: Person

beforeEach(async () => {
  world = await createWorld()
  person = createPerson(() => world.deps)
  await person.logIn(OPERATOR['x-api-key'])
})

it('an erasure is asked for by typing twice, and listed without what it is found by', async () => {
  const email = 'erased.person@customer.example'
  const sent = await person.submit(PAGE, PAGE, { email, again: email, reason: 'test_data' })
  expect(sent?.location).toBe(`${PAGE}?did=erasing`)
  const { text } = await person.ask(PAGE)
  expect(text).toMatch(
    /era_\w+ (Under way|Waits for what is still open|Done) test data, by bootstrap/,
  )
  expect(text).not.toContain(email)
})

it('nothing is erased where it was typed once, or otherwise', async () => {
  const typed = { email: 'a.person@customer.example', again: 'b.person@customer.example' }
  const sent = await person.submit(PAGE, PAGE, { ...typed, reason: 'test_data' })
  expect([sent?.status, sent?.text.includes('a second time')]).toEqual([400, true])
  expect(sent?.html).toContain('value="a.person@customer.example"')
})

it('who has no scope admin is not offered it, and refused', async () => {
  const { secret } = await keyOf(world.deps, `reader-${crypto.randomUUID().slice(0, 8)}`, [
    'read',
    'write',
  ])
  const other = createPerson(() => world.deps)
  await other.logIn(secret)
  expect(formOf((await other.ask(PAGE)).html, PAGE)).toBeNull()
  const { token = '' } = formOf((await other.ask('/settings')).html, '/logout') ?? {}
  const fields = {
    token,
    email: 'c@customer.example',
    again: 'c@customer.example',
    reason: 'other',
  }
  expect((await other.send(PAGE, fields)).status).toBe(403)
})
