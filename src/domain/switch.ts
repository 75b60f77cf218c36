// What can be paused: everything, one rule, one customer of the billing API, one endpoint. What waits
// stays `due` and keeps its place; deliveries are taken in all the same.

export const SWITCH_KINDS = ['all', 'rule', 'customer', 'endpoint'] as const
export type SwitchKind = (typeof SWITCH_KINDS)[number]

/** `key`: the rule's id, the billing API's customer id, the endpoint's name; empty for `all`. */
export type Switch = { readonly kind: SwitchKind; readonly key: string }

/** Why a reconciliation paused everything: it resumes what it has paused, unless a person pauses it too. */
export const RESTORED = 'restored'
