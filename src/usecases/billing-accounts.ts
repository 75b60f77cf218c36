import type { Config } from '../config.ts'
import { commetSource } from '../sources/commet.ts'

/** The accounts in which the billing system itself tells of its customers, by their external ids there. */
export const billingAccounts = ({ endpoints }: Config): readonly string[] =>
  [...endpoints]
    .filter(([, { source }]) => source.name === commetSource.name)
    .map(([name, { account }]) => account ?? name)
