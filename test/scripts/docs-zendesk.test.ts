// Who connects Zendesk by hand makes the same triggers as `npm run connect`: each condition is a guard.

import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { planFor, type Asking } from '../../scripts/connect-zendesk-plan.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const page = fs.readFileSync(path.join(ROOT, 'docs/sources/zendesk.md'), 'utf8')
const step = page.split('\n6. ')[1]?.split('```json')[0]?.replaceAll(/\s+/g, ' ') ?? ''
const shown = step.split(' - *').slice(1)

const PRESETS = ['credit_10', 'credit_25']
const ASKING: Asking = {
  requestTag: 'credit_requested',
  undoTag: 'credit_undo',
  approvalTag: 'credit_approved',
  presets: new Map(PRESETS.map((tag) => [tag, tag])),
  readsAmount: false,
  currency: null,
  hasUndo: true,
  hasApproval: true,
}
type Place = Parameters<typeof planFor>[1]
const PLACE: Place = {
  currency: 'USD',
  customer: 'requester',
  address: 'https://makegood.example/webhooks/zendesk',
  leadsGroup: null,
}
const made = planFor(ASKING, PLACE).filter(({ kind }) => kind === 'trigger')

const tagsIn = (text: string | undefined): readonly string[] => [
  ...[...(text ?? '').matchAll(/`([a-z_]+)`/g)].map(([, tag = '']) => tag),
  ...(text?.includes('each preset tag') ? PRESETS : []),
]
const after = (text: string, words: string) => text.split(words)[1]?.split(/[;.] /)[0]
const words = (value: unknown) => String(value).split(' ').toSorted()

describe('the triggers that are made by hand', () => {
  it('are as many, in the same order', () => {
    expect(shown.map((text) => text.split('.*')[0])).toEqual(
      made.map(({ title }) => {
        const [, name = ''] = title.split('Makegood: ')
        return name.charAt(0).toUpperCase() + name.slice(1)
      }),
    )
  })

  it.each(made.map((trigger, nth) => [trigger.title, trigger, shown[nth] ?? ''] as const))(
    '%s: has the same conditions and tags',
    (_, trigger, text) => {
      const { conditions, actions }: any = trigger.record(() => '1')
      const all = [...conditions.all, ...conditions.any]
      for (const { field, operator, value } of all) {
        if (field === 'role') {
          const is =
            operator === 'is' ? '*Current user is (agent)*' : '*Current user is not (agent)*'
          expect(text).toContain(is)
        } else if (field === 'update_type') {
          expect(text).toContain('*Ticket is created*')
        } else if (field === 'current_tags') {
          const how = operator === 'includes' ? 'contain at least one of*' : 'contain none of*'
          expect(tagsIn(after(text, how)).toSorted()).toEqual(words(value))
        }
      }
      const tagged = actions.find(({ field }: any) => field.endsWith('tags'))
      const named = tagged.field === 'remove_tags' ? '*Remove tags*' : '*Add tags*'
      const ownTags = text.includes('*Remove tags*, the same ones')
        ? tagsIn(after(text, 'contain at least one of*'))
        : tagsIn(after(text, named)?.split(', and')[0])
      expect(text).toContain(named)
      expect([...ownTags].toSorted()).toEqual(words(tagged.value))
    },
  )
})
