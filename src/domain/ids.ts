// Ids are derived, not drawn: the same fact has the same id everywhere and at any time.

export type EventId = `evt_${string}`
export type AdjustmentId = `adj_${string}`
export type LinkId = `lnk_${string}`
export type AlarmId = `alm_${string}`
export type DiscrepancyId = `dsc_${string}`
/** By its size: the log of so many entries has one. */
export type CheckpointId = `checkpoint:${number}`
export type ErasureId = `era_${string}`
export type KeyId = `key_${string}`

const FORM = /^[a-z]{3}_[0-9a-z]{32}$/

export const isEventId = (text: string): text is EventId =>
  FORM.test(text) && text.startsWith('evt_')

export const isAdjustmentId = (text: string): text is AdjustmentId =>
  FORM.test(text) && text.startsWith('adj_')

export const isLinkId = (text: string): text is LinkId => FORM.test(text) && text.startsWith('lnk_')

export const isAlarmId = (text: string): text is AlarmId =>
  FORM.test(text) && text.startsWith('alm_')

export const isDiscrepancyId = (text: string): text is DiscrepancyId =>
  FORM.test(text) && text.startsWith('dsc_')
export const isCheckpointId = (text: string): text is CheckpointId =>
  /^checkpoint:[1-9]\d{0,14}$/.test(text)

export const isErasureId = (text: string): text is ErasureId =>
  FORM.test(text) && text.startsWith('era_')

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** Of a hash, as much as an id takes. */
export const ID_BYTES = 20

/** Five bits a character, no padding: 20 bytes are 32 characters. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET[(buffer << (5 - bits)) & 31]
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

/** The parts are joined as JSON, so that no two lists of parts make the same text. */
async function derive(kind: string, parts: readonly string[]): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(JSON.stringify([kind, ...parts])))
  return base32(digest.subarray(0, ID_BYTES))
}

/** `ownId`: the event's id from authenticated bytes, or `sha256:<hex>` of the body where it has none. */
export const eventId = async (account: string, ownId: string): Promise<EventId> =>
  `evt_${await derive('event', [account, ownId])}`

export const adjustmentId = async (
  ruleId: string,
  account: string,
  subject: string,
  part: string,
): Promise<AdjustmentId> => `adj_${await derive('adjustment', [ruleId, account, subject, part])}`

/** Of one fact about one thing, over every attempt to tell it. */
export const noticeId = async (about: string, action: string, nth: number): Promise<string> =>
  `ntc_${(await derive('notice', [about, action, String(nth)])).slice(0, NOTICE_ID_CHARS)}`

/** Short, since it is a tag on a ticket. */
const NOTICE_ID_CHARS = 16

/** One for each cause and hour (since 1970). `key`: which rule or channel, or empty. */
export const alarmId = async (cause: string, key: string, hour: number): Promise<AlarmId> =>
  `alm_${await derive('alarm', [cause, key, String(hour)])}`

/** One thing that doesn't fit, however often it is found. `about`: what it is about, in a fixed order. */
export const discrepancyId = async (
  reason: string,
  about: readonly (string | null)[],
): Promise<DiscrepancyId> =>
  `dsc_${await derive('discrepancy', [reason, ...about.map((each) => each ?? '')])}`
