// Answers that say nothing of what became of the call: none, a broken one, or one of something in between.

import { ANSWER_BYTES_MAX } from '../../../src/domain/limits.ts'
import { endless, failure, jsonAnswer, page, partial, success } from '../answers.ts'
import { createdInvoiceJson, invoiceJson } from '../objects.ts'
import { type Kind, type Reply, type Row, unknown } from './row.ts'

const never: Reply = () => new Promise(() => {})

const whole = (kind: Kind) => (kind === 'write' ? createdInvoiceJson : invoiceJson)
const without = (kind: Kind, field: string) =>
  Object.fromEntries(Object.entries(whole(kind)).filter(([name]) => name !== field))

export const nothingUsable: Row[] = [
  unknown(
    'the network fails',
    () => Promise.reject(new TypeError('fetch failed')),
    'network',
    null,
  ),
  unknown('no answer before the deadline', never, 'timeout', null),
  unknown('a success whose body never ends', () => partial(201, 'hangs'), 'timeout', 201),
  unknown('a success cut off in its body', () => partial(200, 'breaks'), 'network', 200),
  unknown('a 422 whose body never ends', () => partial(422, 'hangs'), 'timeout', 422),
  unknown('a success that is HTML', () => page(200), 'not_json', 200),
  unknown('truncated JSON', () => new Response('{"success":true,"da'), 'not_json', 200),
  unknown('an empty success', () => new Response(''), 'not_json', 200),
  unknown('204 No Content', () => new Response(null, { status: 204 }), 'not_json', 204),
  unknown(
    'JSON that is not UTF-8',
    () => new Response(new Uint8Array([0x22, 0xff, 0x22])),
    'not_json',
    200,
  ),
  unknown(
    'a body over the limit',
    () => endless(ANSWER_BYTES_MAX + 65_536, () => {}),
    'too_large',
    200,
  ),
  unknown('JSON null', () => jsonAnswer(200, null), 'unexpected_shape', 200, null, null),
  unknown(
    'a list where an object belongs',
    () => success([]),
    'unexpected_shape',
    200,
    null,
    'data',
  ),
  unknown(
    'a success that says it failed',
    () => jsonAnswer(200, { success: false, error: { type: 'x', code: 'internal_error' } }),
    'unexpected_shape',
    200,
    null,
    'success',
  ),
  unknown(
    'a success without its total',
    (kind) => success(without(kind, 'total')),
    'unexpected_shape',
    200,
    null,
    'data.total',
  ),
  unknown(
    'a total that is text',
    (kind) => success({ ...whole(kind), total: '-2500' }),
    'unexpected_shape',
    200,
    null,
    'data.total',
  ),
  unknown(
    'a total with a fraction',
    (kind) => success({ ...whole(kind), total: -25.5 }),
    'unexpected_shape',
    200,
    null,
    'data.total',
  ),
  unknown(
    'a total beyond what a number can hold',
    (kind) => success({ ...whole(kind), total: 2 ** 53 }),
    'unexpected_shape',
    200,
    null,
    'data.total',
  ),
]

export const betweenUs: Row[] = [
  unknown('301', () => page(301, { location: 'https://other.example' }), 'unexpected_status', 301),
  unknown('303, as after a POST', () => page(303, { location: '/x' }), 'unexpected_status', 303),
  unknown('304', () => new Response(null, { status: 304 }), 'unexpected_status', 304),
  unknown('307 in Commet words', () => failure(307, 'moved'), 'moved', 307),
  unknown(
    '400 with an error, but not in the envelope',
    () => jsonAnswer(400, { error: { type: 'invalid', code: 'blocked' } }),
    'unexpected_shape',
    400,
  ),
  unknown('400 of a proxy', () => page(400), 'not_json', 400),
  unknown('404 of a proxy', () => page(404), 'not_json', 404),
  unknown('413 of a proxy', () => page(413), 'not_json', 413),
  unknown('499 of a proxy', () => page(499), 'not_json', 499),
  unknown('404 in foreign JSON', () => jsonAnswer(404, { error: 'gone' }), 'unexpected_shape', 404),
  unknown(
    '422 claiming success',
    () => jsonAnswer(422, { success: true }),
    'unexpected_shape',
    422,
  ),
  unknown('500 of a proxy', () => page(500), 'not_json', 500),
  unknown('502 of a proxy', () => page(502), 'not_json', 502),
  unknown('503 of a proxy', () => page(503, { 'retry-after': '30' }), 'not_json', 503, 30),
  unknown('520 of a CDN', () => page(520), 'not_json', 520),
]
