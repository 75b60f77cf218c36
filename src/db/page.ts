/** A page of a list, newest first. `before`: the `seq` of the last row of the page before. */
export type Page = {
  readonly before: number | null
  readonly limit: number
}
