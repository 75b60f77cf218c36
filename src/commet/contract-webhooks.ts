// The shapes of the endpoints that Commet delivers its own webhooks to: @commet/node 7.10.0.

import * as z from 'zod'

export const webhookEndpoint = z.object({
  object: z.literal('webhook'),
  livemode: z.boolean(),
  id: z.string().min(1),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  isActive: z.boolean(),
  apiVersion: z.string().nullable(),
  createdAt: z.string(),
})
export type WebhookEndpoint = z.infer<typeof webhookEndpoint>

/** Answer of `POST /webhooks`. `secretKey` is shown this once and is never logged. */
export const createdWebhookEndpoint = webhookEndpoint.extend({ secretKey: z.string().min(1) })
export type CreatedWebhookEndpoint = z.infer<typeof createdWebhookEndpoint>

export const deletedWebhookEndpoint = z.object({ id: z.string().min(1), deleted: z.literal(true) })
export type DeletedWebhookEndpoint = z.infer<typeof deletedWebhookEndpoint>

/** Answer of `POST /webhooks/{id}/test`: `success` says whether the endpoint took the delivery. */
export const webhookTest = z.object({
  success: z.boolean(),
  deliveryId: z.string(),
  deliveredAt: z.string(),
})
export type WebhookTest = z.infer<typeof webhookTest>

export const webhookRequest = z.object({
  url: z.url(),
  events: z.array(z.string()).min(1),
  description: z.string().exactOptional(),
  apiVersion: z.string().exactOptional(),
})
export type WebhookRequest = z.infer<typeof webhookRequest>

export const webhookChange = z.object({
  url: z.url().exactOptional(),
  events: z.array(z.string()).min(1).exactOptional(),
  description: z.string().nullable().exactOptional(),
  isActive: z.boolean().exactOptional(),
  apiVersion: z.string().exactOptional(),
})
export type WebhookChange = z.infer<typeof webhookChange>

export type WebhooksQuery = { readonly cursor?: string; readonly limit?: number }
