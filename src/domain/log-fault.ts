// What can be wrong with a log that was sealed.

export const LOG_FAULTS = [
  'entry_missing',
  'entry_changed',
  'tree_changed',
  'checkpoint_changed',
  'signed_by_others',
  'entry_added',
] as const
export type LogFaultReason = (typeof LOG_FAULTS)[number]

/** `seq`: the first entry that isn't as it was sealed; of hashes, the first of those that they are of. */
export type LogFault = { readonly reason: LogFaultReason; readonly seq: number }

const TEXTS: Readonly<Record<LogFaultReason, string>> = {
  entry_missing: 'is missing',
  entry_changed: 'is not as it was sealed',
  tree_changed: 'has a sealed hash that does not lead to the signed root',
  checkpoint_changed: 'is the last of a checkpoint that was changed or removed',
  signed_by_others:
    'is the last of a checkpoint that no key of AUDIT_KEY or AUDIT_KEY_FORMER has signed for this log',
  entry_added: 'has a number that the log never gives',
}

export const faultText = ({ reason, seq }: LogFault): string => `entry ${seq} ${TEXTS[reason]}`
