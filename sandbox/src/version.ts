/** The only version that the sandbox speaks, and the pin of its organization. */
export const API_VERSION = '2026-07-11'
