// What is wrong with the options of a ready-made rule, a line each, for those who don't run
// TypeScript.

/** Names of fields at the source. */
export function nameProblems(
  options: Readonly<Record<string, unknown>>,
  required: readonly string[],
  optional: readonly string[] = [],
): string[] {
  const given = optional.filter((option) => options[option] !== undefined)
  return [...required, ...given]
    .filter((option) => !isName(options[option]))
    .map((option) => `${option}: the name of a field at the source is wanted`)
}

const isName = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

export const choiceProblems = (
  option: string,
  value: string | undefined,
  choices: readonly string[],
): string[] =>
  value === undefined || choices.includes(value)
    ? []
    : [`${option}: one of ${choices.join(', ')} is wanted`]
