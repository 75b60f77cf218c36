/** What the example's channels need, of the sandbox's Zendesk and Slack: of no use anywhere else. */
export const channelVars = (sandboxUrl: string) => ({
  ZENDESK_URL: `${sandboxUrl}/zendesk`,
  ZENDESK_EMAIL: 'makegood@saas.example',
  ZENDESK_API_TOKEN: 'sandbox_zendesk_token',
  SLACK_WEBHOOK_URL: `${sandboxUrl}/slack/services/T000/B000/XXX`,
})
