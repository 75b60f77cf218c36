import { SECRETS_PER_ENDPOINT_MAX } from '../domain/limits.ts'

/** `current,previous` of a secret in the environment; empty where it isn't set. */
export const secretList = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .slice(0, SECRETS_PER_ENDPOINT_MAX)
