// Where a person finds each secret, in one line. docs/sources/ and docs/notices.md say it click by click.

/** By source: where its endpoint's secret is. */
export const SOURCE_PLACES: Readonly<Record<string, string>> = {
  attio: 'the answer to the webhook that you make through its API, shown once',
  basic: 'user:password, of your own choice and long; your sender gets the same',
  bearer: 'a token of your own choice and long; your sender gets the same',
  chargebee: 'user:password, of your own choice; Chargebee, the webhook, basic authentication',
  close: 'signature_key in the answer to the webhook that you make through its API, shown once',
  commet: 'Commet, Developers, Webhooks, the endpoint: whsec_…, shown once',
  freshdesk: 'a long text of your own choice; the automation sends it as a header or user:password',
  front: 'the application\'s signing key; of a rule, Settings, Developers, "API secret"',
  generic: 'the secret of the sender that you have described',
  github: 'a long text of your own choice; GitHub, Settings, Webhooks, "Secret"',
  gorgias: 'a long text of your own choice; the HTTP integration sends it as a header',
  helpscout: 'of your own choice, 40 characters at most; Manage, Apps, Webhooks, "Secret key"',
  hubspot: 'Development, your app, Auth: the client secret',
  intercom: 'Developer Hub, your app, Basic information: the client secret',
  jira: 'a long text of your own choice; Settings, System, WebHooks, "Secret"',
  kustomer: 'token in the answer to the webhook that you make through its API',
  linear: 'Settings, API, the webhook: lin_wh_…',
  paddle: 'Developer tools, Notifications, the destination: pdl_ntfset_…',
  pipedrive: 'user:password, of your own choice; Tools, Webhooks, HTTP auth',
  salesforce:
    "letters and digits of your own choice; they stand at the end of the endpoint's address",
  shopify: 'Settings, Notifications, Webhooks: below the list',
  standard: 'whsec_ and base64 of 32 random bytes; your backend gets the same',
  stripe:
    'Workbench, Webhooks, the endpoint, "Signing secret": whsec_…; or npm run connect -- stripe',
  zendesk: 'Admin Center, Webhooks, the webhook, "Reveal secret"; or npm run connect -- zendesk',
  zohocrm: 'a token of your own choice; the webhook sends it in its body',
  zohodesk: 'orgId:<id>|webhookId:<id>, as Zoho Desk shows them',
}

/** By the usual name; with another name, the channel's own page says it. */
export const NAMED_PLACES: Readonly<Record<string, string>> = {
  COMMET_API_KEY: 'Commet, Developers, API keys: ck_…, or ck_sandbox_… for test events only',
  STRIPE_API_KEY: 'Stripe, Developers, API keys: a restricted key that may read events, rk_…',
  ZENDESK_URL: 'https://<yours>.zendesk.com',
  ZENDESK_EMAIL: 'the e-mail address of the agent who writes the comments',
  ZENDESK_API_TOKEN:
    'Admin Center, Apps and integrations, APIs, Zendesk API: a token of that agent',
  ZENDESK_AMOUNT_FIELD: 'the number of the amount field; npm run connect -- zendesk prints it',
  ZENDESK_STATUS_FIELD:
    'the number of the field "Credit status"; npm run connect -- zendesk prints it',
  HUBSPOT_TOKEN:
    'Settings, Integrations, Private Apps: the access token of an app that reads and writes notes',
  INTERCOM_TOKEN: 'Developer Hub, your app, Authentication',
  INTERCOM_ADMIN_ID: 'the number of the teammate who writes the notes: GET /admins of its API',
  FRESHDESK_URL: 'https://<yours>.freshdesk.com',
  FRESHDESK_API_KEY: "an agent's Profile settings, API key",
  JIRA_URL: 'https://<yours>.atlassian.net',
  JIRA_EMAIL: 'the e-mail address of the agent who writes the comments',
  JIRA_API_TOKEN: 'id.atlassian.com, Security, API tokens, of that agent',
  SLACK_WEBHOOK_URL: 'api.slack.com/apps, your app, Incoming Webhooks: one address is one channel',
  NOTICE_WEBHOOK_URL: 'the address of your program',
  NOTICE_WEBHOOK_SECRET: 'whsec_ and base64 of 32 random bytes; your program gets the same',
}
