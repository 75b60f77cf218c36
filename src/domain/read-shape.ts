// Reads what came from outside where somebody is told what is wrong with it. zod/mini has no words of its
// own, and what another flavour of zod has set for the whole program must not decide what is said here.

import * as z from 'zod/mini'
import english from 'zod/v4/locales/en.js'

const { localeError } = english()

/** What a schema of any flavour of zod makes of a value, or its issues with their messages in English. */
export const readShape = <Schema extends z.core.$ZodType>(schema: Schema, value: unknown) =>
  z.safeParse(schema, value, { error: localeError })
