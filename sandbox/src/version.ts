// The client has a constant of its own: each states its side of the agreement, so that a change of one
// shows in the tests of the other instead of moving both at once.

/** The only version that the sandbox speaks, and the pin of its organization. */
export const API_VERSION = '2026-07-11'

/** The version that replaced two paths; the sandbox knows it only to say that neither form is there. */
export const NEWER_VERSION = '2026-07-31'
