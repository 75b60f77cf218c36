/** The fields that nobody reads, a line each: a misspelt one must not be passed over in silence. */
export const unknownFields = (value: object, known: readonly string[], path = ''): string[] =>
  Object.keys(value)
    .filter((field) => !known.includes(field))
    .map((field) => `${path}${field}: there is no such setting; known are ${known.join(', ')}`)
