import { describe } from 'vitest'
import { onLaterSchema } from './later-schema.ts'

onLaterSchema()

describe('on the tables of the next release, what it issues', async () => {
  await import('../first-invoice.test.ts')
})
