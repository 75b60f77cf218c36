// Names of headers that a configuration gives.

/** Names are small letters, because schemes of the same header are told by comparing them. */
export const isHeaderName = (name: string): boolean => /^[a-z0-9-]{1,64}$/.test(name)

/** What is wrong with a header's name, by the option that gives it; none where it gives none. */
export const headerProblems = (name: string | undefined, option = 'header'): string[] =>
  name === undefined || isHeaderName(name)
    ? []
    : [`${option}: "${name}" is not a header's name in small letters`]
