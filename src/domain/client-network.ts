// Who misses too often, as far as it matters: an IPv4 address, or the /64 of an IPv6 address, which is one
// customer's and not one machine's.

/** Only ever a key of a counter that forgets it within a minute; it is neither logged nor stored. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.toLowerCase().split('::')
  const [before, after] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
