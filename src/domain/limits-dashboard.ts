// Bounds of the dashboard.

/** A working day; after that a person shows the key again. */
export const SESSION_HOURS = 8
/** 160 bits, drawn for each session. */
export const SESSION_NONCE_BYTES = 20
/** Of a form that a browser sends; a payload that is pasted takes up to three bytes for each of its characters. */
export const FORM_BYTES_MAX = 131_072
/** Of an address to go back to after a form. */
export const RETURN_PATH_CHARS_MAX = 500
/** Of held or failed adjustments, and of events, on a page of the inbox. */
export const INBOX_ROWS_MAX = 15
/** Of what a customer was given or charged before, with each hold. */
export const HISTORY_ROWS_MAX = 3
/** Of a number on the overview: with more it says so many and a plus. */
export const WAITING_COUNT_MAX = 50
export const LIST_PAGE_ROWS = 50
/** Of a page of the log, however few of the rows fit; the rest of 500 is for the page itself. */
export const PAGE_ROWS_READ_MAX = 400
/** Of an entry's data that a page shows. */
export const ENTRY_SHOWN_CHARS_MAX = 2_000
/** Of the chart on the overview, today among them. */
export const CHART_DAYS = 14
/** Of the sums that one chart reads. */
export const CHART_ROWS_MAX = 150
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
