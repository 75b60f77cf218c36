import { describe } from 'vitest'
import { onLaterSchema } from './later-schema.ts'

onLaterSchema()

describe('on the tables of the next release, what it holds', async () => {
  await import('../http/holds.test.ts')
})
