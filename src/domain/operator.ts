// The person or program that acts: by a key of the operator's API.

import { base32, sha256, type KeyId } from './ids.ts'

export const SCOPES = ['read', 'write', 'approve', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export type Operator = {
  /** By which the audit log knows him: `operator:<name>`. */
  readonly name: string
  /** Whoever it is, whichever of his keys he uses: his e-mail, or a program's name. Small letters. */
  readonly identity: string
  readonly scopes: readonly Scope[]
}

/** Two keys with one e-mail are one person. A name has no `@`, so no program is taken for a person. */
export const identityOf = ({
  name,
  email,
}: {
  readonly name: string
  readonly email: string | null
}): string => (email ?? name).toLowerCase()

/** The operator of BOOTSTRAP_KEY, by which the first keys are made. */
export const BOOTSTRAP: Operator = { name: 'bootstrap', identity: 'bootstrap', scopes: SCOPES }

export const OPERATOR_NAME = /^[a-z0-9][a-z0-9._-]*$/

const KEY_ID = /^key_[0-9a-z]{32}$/
const KEY = /^ck_mg_[0-9a-z]{32}$/

export const isKeyId = (text: string): text is KeyId => KEY_ID.test(text)

/** Whether a text could be a key that was made here; the bootstrap key is of its owner's making. */
export const isKey = (text: string): boolean => KEY.test(text)

/** `random`: OPERATOR_KEY_BYTES bytes. */
export const keyIdOf = (random: Uint8Array): KeyId => `key_${base32(random)}`

/** What its holder sends. The official SDK refuses keys that don't begin `ck_`. */
export const keyOf = (random: Uint8Array): string => `ck_mg_${base32(random)}`

/** What is stored of a key: 160 random bits need no salt and no slow hash. */
export const keyHashOf = async (key: string): Promise<string> =>
  base32(await sha256(new TextEncoder().encode(key)))
