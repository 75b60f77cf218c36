// Programs that open links by themselves: previews in chats and mails, mail scanners, crawlers. Each has its
// word in the header User-Agent, held against it without regard to case, and behind it the place where that is
// said; `cua` is the list npm crawler-user-agents 1.60.0. A word that also stands in a person's browser doesn't
// belong here: he would get no document. So no `Outlook` (its apps open links too), and `bot` only where it ends
// a name, since CUBOT makes phones.

export const PREVIEW_AGENTS: readonly string[] = [
  // Chats
  'Slackbot', // https://api.slack.com/robots: Slackbot-LinkExpanding
  'Slack-ImgProxy', // https://api.slack.com/robots
  'SkypeUriPreview', // cua: Skype and Microsoft Teams
  'MicrosoftPreview', // https://aka.ms/MicrosoftPreview
  '^WhatsApp(/|$)', // cua
  'facebookexternalhit', // https://developers.facebook.com/docs/sharing/webmasters/web-crawlers; Apple's Messages sends it too
  'meta-external', // https://developers.facebook.com/docs/sharing/webmasters/web-crawlers
  '^Viber', // cua
  'Mastodon/', // cua
  'Snap URL Preview', // https://developers.snap.com/robots
  'Bluesky Cardyb', // cua
  'vkShare', // cua
  '^Pinterest/', // cua: a person in its app begins Mozilla
  // Desks, CRMs, and what they show links with
  '^Zendesk', // unverified: its own requests; a person's browser begins Mozilla
  '^Intercom/', // unverified: likewise
  'HubSpot (Webcrawler|Connect|Page Fetcher)', // cua
  'Iframely', // https://iframely.com/docs/about: Atlassian shows links with it
  'Embedly', // cua
  // Office follows a redirect itself and shows the browser where that led, so it gets none.
  'ms-office|Microsoft Office|MSOffice', // https://webmasters.stackexchange.com/q/71112, https://superuser.com/q/1359127
  // Mail scanners, where they say what they are: most look like a browser. All unverified but the last ones.
  'SafeLinks|Microsoft-URLAnalyzer',
  'Proofpoint',
  'Mimecast',
  'Barracuda',
  'virustotal', // cua
  'GoogleImageProxy|Google-(Safety|Read-Aloud|PageRenderer)|Google Web Preview', // https://developers.google.com/search/docs/crawling-indexing/google-special-case-crawlers
  'Yahoo(MailProxy| Link Preview)', // https://help.yahoo.com/kb/mail/yahoo-link-preview-SLN23615.html
  'Slurp', // https://help.yahoo.com/kb/SLN22600.html
  'Google-InspectionTool', // https://developers.google.com/search/docs/crawling-indexing/google-common-crawlers
  'BingPreview', // https://www.bing.com/webmasters/help/which-crawlers-does-bing-use-8c184ec0
  // What fetches a page for somebody else, and what nobody sits before
  '(ChatGPT|Claude|Perplexity|MistralAI)-User', // cua
  'HeadlessChrome|PhantomJS|Chrome-Lighthouse', // cua
  // Discordbot/, LinkedInBot/, TelegramBot (like TwitterBot), atlassian-bot; and whoever calls himself so
  '(?<!cu)bot(?=[-/;)]|$)', // cua: Googlebot/, bingbot/, Applebot/, redditbot/
  'crawler|spider|unfurl|(link|url) ?preview', // cua
]
