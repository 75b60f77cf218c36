// What a page needs to know of who looks at it, and what it tells of what he has just done.

import type { AppContext } from '../context.ts'
import type { Viewer } from './held-card.tsx'
import { may } from './session.ts'

export const viewerOf = (c: AppContext): Viewer => ({
  token: c.var.formToken,
  mayApprove: may(c, 'approve'),
  mayWrite: may(c, 'write'),
  mayAdmin: may(c, 'admin'),
  identity: c.var.operator.identity,
})

/** By a code in the address, so that an address can say nothing else. */
export const DONE = {
  approved: 'Approved. The invoice is made as soon as the billing API answers.',
  'approved-one': 'Your approval counts. Another person has to approve it as well.',
  rejected: 'Rejected. The person who asked is told.',
  customer: 'The customer is chosen. All limits are asked again.',
  'by-hand':
    'Made by hand, and the event is answered. It is billed as soon as the limits let it through.',
  dismissed: 'Dismissed. Nothing more is done for it.',
  'requeued-event': 'Decided again, with the rules of now.',
  requeued: 'It is tried again now.',
  reversed: 'A reversal is made: it undoes this one as soon as it is invoiced.',
  voided: 'Its invoice is voided as soon as the billing API answers.',
  adopted: 'This invoice is its invoice now.',
  paused: 'Paused. What comes in waits, and nothing is lost.',
  resumed: 'Resumed. What has waited goes on now.',
  mapped: 'This is kept: from now on he is found by it.',
  remapped: 'Changed: from now on it is this customer.',
  unmapped: 'Removed. By this, nobody is found any more.',
  'link-made': 'The link is made. It opens the PDF for whoever has it.',
  'link-revoked': 'Revoked. The link opens nothing any more.',
  erasing: 'Asked for. It goes on by itself, and its state stands here.',
  revoked: 'Revoked. The key and its sessions have ended.',
} as const

export type Done = keyof typeof DONE

export function toldOf(c: AppContext): { text: string; isTrouble: boolean } | null {
  const did = c.req.query('did') ?? ''
  return Object.hasOwn(DONE, did) ? { text: DONE[did as Done], isTrouble: false } : null
}

/** The title of an endpoint's source, also where it is configured no more. */
export const titleOf = (
  { var: { deps } }: AppContext,
  { endpoint, source }: { readonly endpoint: string; readonly source: string },
): string => deps.config.endpoints.get(endpoint)?.source.title ?? SOURCES.get(source) ?? source

const SOURCES: ReadonlyMap<string, string> = new Map([['operator', 'By hand:']])
