// `npm run verifier`: writes assets/verify.html anew. `npm run check` says when that is needed.

import { VERIFIER, writeVerifier } from './make-verifier.ts'

await writeVerifier()
console.log(VERIFIER)
