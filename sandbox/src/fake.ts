// What a stand-in for another service is made of.
import type { ApiReply, FakeCall, Listing } from './call.ts'
import type { Voice } from './spoil.ts'
import type { Store } from './store.ts'
import type { Switches } from './switches.ts'

/** Makes the reads and writes of one synchronous step one transaction. */
export type Transact = <T>(step: () => T) => T

export type Fake = {
  readonly voice: Voice
  readonly callsPerMinute: (switches: Switches) => number
  readonly answer: (
    store: Store,
    call: FakeCall,
    listing: Listing,
    transact: Transact,
  ) => ApiReply | Promise<ApiReply>
}
