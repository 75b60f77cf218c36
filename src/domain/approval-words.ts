// Why an approval that came as an event let nothing through, in words for a support agent.

import type { ApprovalFailure } from './outcome.ts'

export const APPROVAL_WORDS: Readonly<
  Record<ApprovalFailure, { readonly says: string; readonly helps: string }>
> = {
  approver_unknown: {
    says: 'it is an approval of somebody without a key that may approve',
    helps: 'Give him a key with his e-mail and the scope approve, or let somebody else approve it.',
  },
  approver_unproven: {
    says: 'it is an approval, and nothing proves whose',
    helps: 'Approve it in Makegood.',
  },
  approver_is_asker: {
    says: 'it is an approval of the one who asked',
    helps: 'Somebody else has to approve it.',
  },
  approver_is_maker: {
    says: 'it is an approval of the one who made it',
    helps: 'Somebody else has to approve it.',
  },
  already_approved: {
    says: 'it is an approval of somebody who has approved it before',
    helps: 'Somebody else has to approve it, too.',
  },
  nothing_held: {
    says: 'it is an approval where nothing waits for one',
    helps: 'Nothing has to be done.',
  },
  held_since: {
    says: 'it is an approval from before that began to wait',
    helps: 'Look at it, and approve it again.',
  },
  approval_undated: {
    says: 'it is an approval that does not say when it was given',
    helps: 'Let the trigger send updated_at, as docs/sources/zendesk.md says.',
  },
  hold_expired: {
    says: 'it is an approval of what has waited too long',
    helps: 'Ask for it again.',
  },
  not_approvable: {
    says: 'it is an approval where one is not enough',
    helps: 'Look at the adjustment: its reasons say what has to be done.',
  },
  approval_moved: {
    says: 'it is an approval of something that changed at the same moment',
    helps: 'Look at it, and approve it again.',
  },
}
