// Whether a request that a browser's login alone lets in was made by our own page, and not by another site that the
// person has open. A key can't be sent by another site, so it needs none of this.

const SAFE = new Set(['GET', 'HEAD'])

/** `origin`: of the address that was asked. */
export function isOwnRequest(method: string, headers: Headers, origin: string): boolean {
  const site = headers.get('sec-fetch-site')
  const from = headers.get('origin')
  if (SAFE.has(method)) {
    // A link that somebody follows is fine. What another page embeds or fetches is read by nobody, but noted in his name.
    return site === null || site === 'same-origin' || site === 'none' || isFollowedLink(headers)
  }
  if (site === null && from === null) return false
  return (site === null || site === 'same-origin') && (from === null || from === origin)
}

const isFollowedLink = (headers: Headers): boolean =>
  headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'
