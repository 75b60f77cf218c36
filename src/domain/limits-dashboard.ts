// Bounds of the dashboard.

/** A working day; after that a person shows the key again. */
export const SESSION_HOURS = 8
/** 160 bits, drawn for each session. */
export const SESSION_NONCE_BYTES = 20
/** Of sessions that were ended and are over, at each that is ended. */
export const ENDED_SESSIONS_REMOVED_MAX = 100
/** Of a form that a browser sends. */
export const FORM_BYTES_MAX = 16_384
/** Of the form that a payload is pasted into, which takes up to three bytes for each of its characters. */
export const PAYLOAD_FORM_BYTES_MAX = 131_072
/** Of an address to go back to after a form. */
export const RETURN_PATH_CHARS_MAX = 500
/** Of held or failed adjustments, and of events, on a page of the inbox. */
export const INBOX_ROWS_MAX = 15
/** Of what a customer was given or charged before, with each hold. */
export const HISTORY_ROWS_MAX = 3

/** Among how many of the newest adjustments one is looked for that is like another: by its page, and by all of the inbox. */
export const SIMILAR_WINDOW_ROWS = 200
export const SIMILAR_INBOX_WINDOW_ROWS = 30
/** How old it may be. */
export const SIMILAR_DAYS = 7
/** Of one subject by rules on either side of its own in the index; and of all that are alike, shown. */
export const SIMILAR_OF_SUBJECT_MAX = 2
export const SIMILAR_SHOWN_MAX = 4

/** Customers that are suggested for one who is not known. */
export const SUGGESTIONS_MAX = 4
/** Of identities by each way to look for them, and among how many of the newest an address's end is looked for. */
export const SUGGESTION_HITS_MAX = 8
export const SUGGESTION_WINDOW_ROWS = 100
/** Of what names begin with: less says nothing. */
export const SUGGESTED_NAME_CHARS_MIN = 3
/** Of a number on the overview: with more it says so many and a plus. */
export const WAITING_COUNT_MAX = 50
/** The same in the menu of each page. */
export const MENU_COUNT_MAX = 20
export const LIST_PAGE_ROWS = 50
/** Of a page of the log, however few of the rows fit; the rest of 500 is for the page itself. */
export const PAGE_ROWS_READ_MAX = 400
/** Of an entry's data that a page shows. */
export const ENTRY_SHOWN_CHARS_MAX = 2_000
/** Of the chart on the overview, today among them. */
export const CHART_DAYS = 30
/** Of the days' sums that the charts read, the newest: with more, they show fewer days and say so. */
export const CHART_ROWS_MAX = 240
/** Of the days' sums, and of the days' events, that the page of the rules reads, the newest. */
export const RULE_DAYS_ROWS_MAX = 150
/** Of rules, and of sources, that a chart names: the largest; the others are one bar. */
export const CHART_BARS_MAX = 8
/** Of the audit log's entries that one step adds to the days' sums. */
export const DAY_SUMS_ENTRIES_MAX = 1_000
/** Of such steps in one minute; an old log is caught up with at that pace. */
export const DAY_SUMS_STEPS_MAX = 8
/** Behind by more than that, a page says so: the clock comes each minute. */
export const DAY_SUMS_LATE_MS = 120_000
/** Of a payload that a page shows; the API has all of it. */
export const PAYLOAD_SHOWN_CHARS_MAX = 60_000
/** Of erasures that the settings list, the newest first. */
export const ERASURES_SHOWN_MAX = 50
/** Of keys that the settings list, the newest first. */
export const KEYS_SHOWN_MAX = 100
/** Of counts of rejected deliveries: an isolate writes them down at most so often. */
export const REJECTIONS_EVERY_MS = 60_000
/** Of endpoints, reasons and hours that an isolate counts apart before they are written. */
export const REJECTIONS_REMEMBERED_MAX = 200
/** A week, and the day that is not over yet. */
export const REJECTIONS_KEPT_DAYS = 8
/** Of older counts, that one writing takes out. */
export const REJECTIONS_TIDIED_MAX = 50
/** Of counts that a page adds up, the newest. */
export const REJECTIONS_READ_MAX = 200
/** Of the newest events, among which a page looks for each endpoint's last one. */
export const LAST_EVENTS_READ_MAX = 150
/** Of one event's or adjustment's entries that a timeline shows, the newest. */
export const TIMELINE_ENTRIES_MAX = 25
/** Of an event and what it made, in one timeline. */
export const TIMELINE_SUBJECTS_MAX = 6
/** Of identities and links, which no index lists by state or customer, a page looks through so many, twice. */
export const LIST_LOOKED_THROUGH_ROWS = 180
/** Without an index, the search box looks through so many of the newest adjustments. */
export const SEARCH_PAGE_WINDOW_ROWS = 200
/** Of what is held, a page looks through so many for those whose customer nobody knows. */
export const UNRESOLVED_WINDOW_ROWS = 25
/** Of these, as many as a page shows. */
export const UNRESOLVED_ROWS_MAX = 20
/** Of what a customer was given or charged, on his page. */
export const CUSTOMER_HISTORY_ROWS = 25
/** Likewise, of identities that are looked through for his, twice. */
export const CUSTOMER_NAMES_LOOKED_THROUGH_ROWS = 60
/** Of a form with a list of customers in it: the list, and the fields around it. */
export const IMPORT_FORM_BYTES_MAX = 1_064_960
/** Of a list that was refused, given back to be mended; a longer one is mended where it came from. */
export const IMPORT_KEPT_CHARS_MAX = 60_000
/** Of a list that was taken, lines that are shown. */
export const IMPORT_LINES_SHOWN = 100
