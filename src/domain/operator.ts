// The person or program that acts: by a key of the operator's API.

export const SCOPES = ['read', 'write', 'approve', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export type Operator = {
  /** By which the audit log knows him: `operator:<name>`. */
  readonly name: string
  /** Whoever it is, whichever of his keys he uses: his e-mail, or a program's name. Small letters. */
  readonly identity: string
  readonly scopes: readonly Scope[]
}

/** Two keys with one e-mail are one person. */
export const identityOf = ({
  name,
  email,
}: {
  readonly name: string
  readonly email: string | null
}): string => (email ?? name).toLowerCase()

/** The operator of BOOTSTRAP_KEY, by which the first keys are made. */
export const BOOTSTRAP: Operator = { name: 'bootstrap', identity: 'bootstrap', scopes: SCOPES }
