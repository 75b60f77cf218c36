/** An id that the billing API has drawn, or the code of a feature: no name, and no address of anybody's. */
const PLAIN = /^(?:[a-z]{2,8}_\w{1,64}|[a-z0-9_]{1,64})$/

/** What the log files a call under: the thing with its id, where that says nothing of a person. */
export const callSubject = (thing: 'invoice' | 'customer' | 'feature', id: string): string =>
  PLAIN.test(id) ? `${thing}:${id}` : thing
