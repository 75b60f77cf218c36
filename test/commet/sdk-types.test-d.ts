// Checked by tsc alone: our words for Commet's requests and answers, against the official SDK's.
// An answer of the SDK's type must be one of ours, with the same fields; a request of ours must be one of the SDK's.

import type {
  ApiErrorDetail,
  BatchCreateCustomersParams,
  Commet,
  CreateAdjustmentInvoiceParams,
  CreateCustomerParams,
  CreateFeatureParams,
  CreateWebhookParams,
  ListCustomersParams,
  ListInvoicesParams,
  ListWebhooksParams,
  UpdateCustomerParams,
  UpdateFeatureParams,
  UpdateInvoiceStatusParams,
  UpdateWebhookParams,
} from '@commet/node'
import type { BillingClient } from '../../src/commet/client.ts'
import type * as features from '../../src/commet/contract-features.ts'
import type * as webhooks from '../../src/commet/contract-webhooks.ts'
import type * as contract from '../../src/commet/contract.ts'
import type { Refusal } from '../../src/commet/trouble.ts'

/** Fails to compile where a check of the list isn't `true`. */
type All<Checks extends readonly true[]> = Checks

type SameFields<A, B> = [Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>] extends [
  never,
  never,
]
  ? true
  : {
      readonly onlyInFirst: Exclude<keyof A, keyof B>
      readonly onlyInSecond: Exclude<keyof B, keyof A>
    }

// `never` would pass for anything, so that a type that got lost is refused first.
type Fits<A, B> = [A] extends [never]
  ? 'the first is never'
  : [B] extends [never]
    ? 'the second is never'
    : [A] extends [B]
      ? SameFields<A, B>
      : { readonly isNo: B }

/** What the SDK promises is something that we accept, and we know each of its fields. */
type Answer<Sdk, Ours> = Fits<Sdk, Ours>

/** What we send is something that the SDK would send, and we can say all that it can. */
type Request<Ours, Sdk> = Fits<Ours, Sdk>

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The answer's data in a method of the SDK. */
type SdkData<Method> = Method extends (...args: never[]) => Promise<{ data?: infer T }>
  ? NonNullable<T>
  : never

/** The answer's data in a method of our client. */
type OurData<Method> = Method extends (...args: never[]) => Promise<infer R>
  ? Extract<R, { ok: true }> extends { value: { data: infer T } }
    ? T
    : never
  : never

type Row<T> = T extends readonly (infer U)[] ? U : T

/** Each method of ours, and whether the SDK's of that name answers the same; of a list, its rows. */
type Compared<Ours, Sdk> = {
  [M in keyof Ours]: M extends keyof Sdk ? Answer<Row<SdkData<Sdk[M]>>, Row<OurData<Ours[M]>>> : M
}

type Agree<Ours, Sdk> =
  Compared<Ours, Sdk> extends { [M in keyof Ours]: true } ? true : Compared<Ours, Sdk>

export type AnswersAgree = All<
  [
    // A page read loosely is the same page of the same list.
    Agree<Omit<BillingClient['invoices'], 'listLoosely'>, Commet['invoices']>,
    Agree<BillingClient['customers'], Commet['customers']>,
    Agree<BillingClient['features'], Commet['features']>,
    Agree<BillingClient['webhooks'], Commet['webhooks']>,
    ApiErrorDetail extends Refusal['error'] ? true : false,
  ]
>

export type RequestsAgree = All<
  [
    Request<contract.AdjustmentRequest, CreateAdjustmentInvoiceParams>,
    Request<{ id: string; status: contract.SettableStatus }, UpdateInvoiceStatusParams>,
    Request<Writable<contract.InvoicesQuery>, ListInvoicesParams>,
    Request<Writable<contract.CustomersQuery>, ListCustomersParams>,
    Request<contract.CustomerRequest, CreateCustomerParams>,
    Request<{ id: string } & contract.CustomerChange, UpdateCustomerParams>,
    Request<contract.CustomerBatchRequest, BatchCreateCustomersParams>,
    Request<
      contract.CustomerBatchRequest['customers'][number],
      BatchCreateCustomersParams['customers'][number]
    >,
    Request<features.FeatureRequest, CreateFeatureParams>,
    Request<{ code: string } & features.FeatureChange, UpdateFeatureParams>,
    Request<Writable<webhooks.WebhooksQuery>, ListWebhooksParams>,
    Request<webhooks.WebhookRequest, CreateWebhookParams>,
    Request<{ id: string } & webhooks.WebhookChange, UpdateWebhookParams>,
  ]
>

// That the checks can fail is checked too: each of these has to be an error.
type WithoutTotal = Omit<contract.CreatedInvoice, 'total'>
type TextTotal = WithoutTotal & { total: string }
type Created = SdkData<Commet['invoices']['createAdjustment']>

export type ChecksCanFail = [
  // @ts-expect-error a field of the SDK's answer that we don't know
  All<[Answer<Created, WithoutTotal>]>,
  // @ts-expect-error a field of another type
  All<[Answer<Created, TextTotal>]>,
  // @ts-expect-error a request that the SDK has no room for
  All<[Request<contract.AdjustmentRequest & { currency: string }, CreateAdjustmentInvoiceParams>]>,
  // @ts-expect-error a type that got lost on the way
  All<[Answer<never, Created>]>,
]
