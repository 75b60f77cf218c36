// The evidence of one adjustment as it is answered.

import * as z from 'zod/mini'
import { adjustmentInFull } from './adjustment-shapes.ts'
import { event, payload } from './events.ts'
import { flag, named, text, time, whole } from './operation.ts'

export const evidence = named(
  'Evidence',
  z.strictObject({
    object: z.literal('evidence'),
    madeAt: time('When this answer was made.'),
    adjustment: adjustmentInFull,
    request: z.nullable(
      z.strictObject({
        customerId: text('At the billing API.', 'cus_1'),
        amount: whole('Signed minor units.', -2500),
        description: text('The line that the customer reads.'),
        metadata: z.record(z.string(), z.string()),
      }),
    ),
    event,
    why: z.array(text('A sentence.')),
    payload: z.nullable(payload),
    rules: z.nullable(
      z.strictObject({
        hash: text('Of the rules that decided.'),
        isAsRecorded: flag('Whether the log names just these.'),
        gitCommit: z.nullable(text('Of the deployment.')),
        rule: z.unknown().check(z.meta({ description: 'The deciding one.' })),
        limitsAndReasons: z.optional(z.unknown()),
        text: text('All of them, as the hash is made of it.', '[]'),
        firstSeenAt: time('Since when they are deployed.'),
      }),
    ),
    notices: z.array(
      z.strictObject({
        about: text('The adjustment, or its event.'),
        action: text('What was told.', 'adjustment.invoiced'),
        at: time('When that was.'),
        channels: z
          .unknown()
          .check(z.meta({ description: 'Whom it was told, and how that went.' })),
      }),
    ),
    checkpoint: z.nullable(
      z.strictObject({
        size: whole('Of how many entries it is.', 20),
        root: text('Of their tree, base64.'),
        sealedAt: time('When it was signed.'),
        note: text('The signed note itself.'),
      }),
    ),
    place: z.array(text('In an auditor’s words.')),
    isCut: flag('Whether there is more than is listed.', false),
    log: z.array(
      z.strictObject({
        seq: whole('Its number in the log.', 1),
        at: time('When.'),
        actor: text('Who.', 'source:zendesk'),
        action: text('What.', 'adjustment.created'),
        subject: text('About what.'),
        data: z.unknown(),
        place: text('Where it stands.', 'sealed'),
        proof: z.nullable(z.array(text('A hash, base64.'))),
      }),
    ),
  }),
)
