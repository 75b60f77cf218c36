import { describe } from 'vitest'
import { onLaterSchema } from './later-schema.ts'

onLaterSchema()

describe('on the tables of the next release, what it takes back', async () => {
  await import('../http/reversals.test.ts')
})
