// What can be wrong with a log that was sealed.

export const LOG_FAULTS = [
  'entry_missing',
  'entry_changed',
  'tree_changed',
  'checkpoint_changed',
] as const
export type LogFaultReason = (typeof LOG_FAULTS)[number]

/** `seq`: the first entry that isn't as it was sealed; of hashes, the first of those that they are of. */
export type LogFault = { readonly reason: LogFaultReason; readonly seq: number }

const TEXTS: Readonly<Record<LogFaultReason, string>> = {
  entry_missing: 'is missing',
  entry_changed: 'is not as it was sealed',
  tree_changed: 'has a sealed hash that does not lead to the signed root',
  checkpoint_changed: 'is the last of a checkpoint that was changed or removed',
}

export const faultText = ({ reason, seq }: LogFault): string => `entry ${seq} ${TEXTS[reason]}`
