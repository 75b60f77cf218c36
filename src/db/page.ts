/** A page of a list, newest first. `before`: the `seq` of the last row of the page before. */
export type Page = {
  readonly before: number | null
  readonly limit: number
  /** Where a list can look through less than it may by itself. */
  readonly rowsMax?: number
}
