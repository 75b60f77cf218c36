/** What a checkpoint says, in an auditor's words. `shown`: its time as who reads it would say it. */
export const intactThrough = (
  size: number,
  at: number,
  shown = new Date(at).toISOString(),
): string =>
  `log intact through ${shown}, ${size.toLocaleString('en-US')} ${size === 1 ? 'entry' : 'entries'}`

/** To be kept where the log's owner can't change it: that is what makes a later change show. */
export const checkpointNote = ({
  size,
  note,
  at,
}: {
  readonly size: number
  readonly note: string
  readonly at: number
}): readonly string[] => [
  `Audit log: ${intactThrough(size, at)}. Keep this message: a log that is changed later no longer fits it.`,
  ...note.trimEnd().split('\n'),
]
