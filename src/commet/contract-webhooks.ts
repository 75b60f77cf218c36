// The shapes of the endpoints that Commet delivers its own webhooks to: @commet/node 7.10.0.

import * as z from 'zod/mini'
import { webAddress } from './contract.ts'

export const webhookEndpoint = z.object({
  object: z.literal('webhook'),
  livemode: z.boolean(),
  id: z.string().check(z.minLength(1)),
  url: z.string(),
  events: z.array(z.string()),
  description: z.nullable(z.string()),
  isActive: z.boolean(),
  apiVersion: z.nullable(z.string()),
  createdAt: z.string(),
})
export type WebhookEndpoint = z.infer<typeof webhookEndpoint>

/** Answer of `POST /webhooks`. `secretKey` is shown this once and is never logged. */
export const createdWebhookEndpoint = z.extend(webhookEndpoint, {
  secretKey: z.string().check(z.minLength(1)),
})
export type CreatedWebhookEndpoint = z.infer<typeof createdWebhookEndpoint>

export const deletedWebhookEndpoint = z.object({
  id: z.string().check(z.minLength(1)),
  deleted: z.literal(true),
})
export type DeletedWebhookEndpoint = z.infer<typeof deletedWebhookEndpoint>

/** Answer of `POST /webhooks/{id}/test`: `success` says whether the endpoint took the delivery. */
export const webhookTest = z.object({
  success: z.boolean(),
  deliveryId: z.string(),
  deliveredAt: z.string(),
})
export type WebhookTest = z.infer<typeof webhookTest>

export const webhookRequest = z.object({
  url: webAddress,
  events: z.array(z.string()).check(z.minLength(1)),
  description: z.exactOptional(z.string()),
  apiVersion: z.exactOptional(z.string()),
})
export type WebhookRequest = z.infer<typeof webhookRequest>

export const webhookChange = z.object({
  url: z.exactOptional(webAddress),
  events: z.exactOptional(z.array(z.string()).check(z.minLength(1))),
  description: z.exactOptional(z.nullable(z.string())),
  isActive: z.exactOptional(z.boolean()),
  apiVersion: z.exactOptional(z.string()),
})
export type WebhookChange = z.infer<typeof webhookChange>

export type WebhooksQuery = { readonly cursor?: string; readonly limit?: number }
