// The bounds of monthly reports, of search, and of lists with filters. Imported by limits.ts.

/** After the end of a month what was invoiced in it may still be being written; then the month is final. */
export const REPORT_FINAL_AFTER_SECONDS = 600
/** Rows that one step reads at most; the rest of LIST_ROWS_READ_MAX is for finding where a month begins. */
export const REPORT_STEP_ROWS_READ = 820
/** For that, in tables of millions, this much is added to that rest. */
export const REPORT_BEGIN_ROWS_READ = 150
/** What a listed row reads at most beyond itself: once more by its number, and who approved it. */
export const REPORT_ROWS_READ_EACH = 7
/** Sums so far travel in the cursor, and an address has at most 16 KiB. */
export const REPORT_CURSOR_CHARS_MAX = 12_000
/** Of one part of a CSV report, which goes on until all is there: so many rows are written, and read. */
export const REPORT_CSV_ROWS = 1_000
export const REPORT_CSV_ROWS_READ = 10_000
/** Of one page of the dashboard, which goes on where its reader does; the rest of 500 is around it. */
export const REPORT_PAGE_ROWS_READ = 330
/** Of a month's ZIP: of so many adjustments one part has the evidence, each some fifteen of a Worker's 1,000 queries. */
export const REPORT_ZIP_ADJUSTMENTS_MAX = 40
export const REPORT_ZIP_PARTS_MAX = 9_999
/** Of those who approved one adjustment, over all its holds. */
export const REPORT_APPROVERS_MAX = 4
/** Of what went on after the end of a month, one step looks at so many entries, each with so many before it. */
export const REPORT_LEFT_ENTRIES = 16
export const REPORT_ENTRIES_BEFORE = 25

/** Of a list with filters: what an index finds, of which a page shows what fits. Each is four rows read. */
export const LIST_FOUND_ROWS = 240
/** Likewise without an index: so many rows, newest first. */
export const LIST_WINDOW_ROWS = 900

/** Likewise where they are read once more, to find the last of them. */
export const LIST_ROWS_TWICE = 480

export const SEARCH_CHARS_MAX = 200
/** Of each kind that a search shows. */
export const SEARCH_HITS_MAX = 25
/** Accounts in which a search looks: those of configured endpoints. */
export const SEARCH_ACCOUNTS_MAX = 40
/** Without an index, a search looks through so many of the newest adjustments. */
export const SEARCH_WINDOW_ROWS = 400

/** Of what is paused, as the status shows it; `GET /api/v1/switches` has all. */
export const STATUS_SWITCHES_MAX = 100
