// What the Zendesk stand-in keeps, in the words of Zendesk's API.

export const STATUSES = ['new', 'open', 'pending', 'hold', 'solved', 'closed'] as const
export type Status = (typeof STATUSES)[number]

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof PRIORITIES)[number]

export type FieldValue = { readonly id: number; readonly value: string | null }

export type Ticket = {
  readonly id: number
  readonly subject: string
  readonly status: Status
  readonly priority: Priority | null
  readonly requester_id: number
  readonly submitter_id: number
  readonly assignee_id: number | null
  readonly organization_id: number | null
  readonly external_id: string | null
  /** Each once, in the order in which they came. */
  readonly tags: readonly string[]
  /** Only the fields that have a value. */
  readonly custom_fields: readonly FieldValue[]
  readonly created_at: string
  /** To the second, as Zendesk has it: `2026-10-26T07:33:12Z`. */
  readonly updated_at: string
}

export type Comment = {
  readonly id: number
  readonly ticket_id: number
  readonly author_id: number
  readonly body: string
  readonly public: boolean
  readonly created_at: string
}

export type AuditEvent = {
  readonly id: number
  readonly type: 'Comment' | 'Create' | 'Change'
  readonly field_name?: string
  readonly value?: string | readonly string[] | null
  readonly previous_value?: string | readonly string[] | null
  readonly author_id?: number
  readonly body?: string
  readonly public?: boolean
}

/** One update of a ticket. */
export type Audit = {
  readonly id: number
  readonly ticket_id: number
  readonly author_id: number
  readonly created_at: string
  readonly events: readonly AuditEvent[]
}

export type User = {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly role: 'end-user' | 'agent' | 'admin'
  readonly external_id: string | null
  readonly organization_id: number | null
  readonly group_ids: readonly number[]
}

export type Organization = {
  readonly id: number
  readonly name: string
  readonly external_id: string | null
}

export type Group = { readonly id: number; readonly name: string }

/** A dropdown's value is a tag. */
export type FieldOption = { readonly name: string; readonly value: string }

export type TicketField = {
  readonly id: number
  /** The two fields that every account has, or one that somebody made. */
  readonly type: 'subject' | 'status' | 'decimal' | 'tagger' | 'text'
  readonly title: string
  readonly description: string
  readonly active: boolean
  readonly removable: boolean
  readonly visible_in_portal: boolean
  readonly editable_in_portal: boolean
  readonly custom_field_options: readonly FieldOption[]
  readonly created_at: string
  readonly updated_at: string
}

export type Action = { readonly field: string; readonly value: string | readonly string[] }

export type Macro = {
  readonly id: number
  readonly title: string
  readonly active: boolean
  readonly description: string | null
  readonly actions: readonly Action[]
  /** Who sees it: everybody, or the members of one group. */
  readonly restriction: { readonly type: 'Group'; readonly id: number } | null
  readonly created_at: string
  readonly updated_at: string
}

export type Webhook = {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly endpoint: string
  readonly http_method: 'POST' | 'PUT' | 'PATCH'
  readonly request_format: 'json'
  readonly status: 'active' | 'inactive'
  readonly subscriptions: readonly string[]
  readonly created_by: string
  readonly created_at: string
  readonly updated_at: string
}

export type WebhookSecret = { readonly id: string; readonly secret: string }

export type Condition = {
  readonly field: string
  readonly operator: string
  readonly value: string | null
}

export type Conditions = { readonly all: readonly Condition[]; readonly any: readonly Condition[] }

export type Trigger = {
  readonly id: number
  readonly title: string
  readonly active: boolean
  readonly description: string | null
  readonly conditions: Conditions
  readonly actions: readonly Action[]
  readonly position: number
  readonly created_at: string
  readonly updated_at: string
}

export type View = {
  readonly id: number
  readonly title: string
  readonly active: boolean
  readonly description: string | null
  readonly conditions: Conditions
  readonly columns: readonly string[]
  readonly created_at: string
  readonly updated_at: string
}
