// The last trouble with the billing API, kept with the adjustment: codes and numbers, no bodies.

export type Trouble = {
  /** What it was doing. */
  readonly step: 'resolve' | 'look' | 'post' | 'settle' | 'void'
  readonly code: string
  readonly status: number | null
  readonly requestId: string | null
  /** Where the billing API has asked for a wait. */
  readonly retryAfterSeconds?: number
}
