// Programs that open links by themselves: previews in chats and mails, mail scanners, crawlers. Each has its
// word in the header User-Agent, held against it without regard to case, and the place where that is said.
// A word that also stands in a person's browser doesn't belong here: he would get no document. So no
// `Outlook` (its apps open links too), and `bot` only where it ends a name, since CUBOT makes phones.

export const PREVIEW_AGENTS: readonly (readonly [pattern: string, source: string])[] = [
  // Chats
  ['Slackbot', 'https://api.slack.com/robots (Slackbot-LinkExpanding)'],
  ['Slack-ImgProxy', 'https://api.slack.com/robots'],
  ['SkypeUriPreview', 'Skype and Microsoft Teams; npm crawler-user-agents 1.60.0'],
  ['MicrosoftPreview', 'https://aka.ms/MicrosoftPreview'],
  [
    'WhatsApp/',
    'https://developers.facebook.com/documentation/business-messaging/whatsapp/link-previews',
  ],
  ['^WhatsApp$', 'npm crawler-user-agents 1.60.0'],
  [
    'facebookexternalhit',
    'https://developers.facebook.com/docs/sharing/webmasters/web-crawlers; Messages of Apple sends it too',
  ],
  ['meta-external', 'https://developers.facebook.com/docs/sharing/webmasters/web-crawlers'],
  ['TelegramBot', 'npm crawler-user-agents 1.60.0'],
  ['Twitterbot', 'https://developer.x.com/en/docs/x-for-websites/cards'],
  ['LinkedInBot', 'https://www.linkedin.com; npm crawler-user-agents 1.60.0'],
  ['Discordbot', 'https://discord.com; npm crawler-user-agents 1.60.0'],
  ['^Viber', 'npm crawler-user-agents 1.60.0'],
  ['Mastodon/', 'npm crawler-user-agents 1.60.0'],
  ['Snap URL Preview', 'https://developers.snap.com/robots'],
  // Desks, CRMs and what they show links with
  ['^Zendesk', "the name that its own requests carry; its browser clients carry a browser's"],
  ['^Intercom/', 'likewise'],
  ['HubSpot (Webcrawler|Connect|Page Fetcher|Marketing Grader)', 'npm crawler-user-agents 1.60.0'],
  ['Iframely', 'https://iframely.com/docs/about; Atlassian shows links with it'],
  ['Embedly', 'https://docs.embed.ly; npm crawler-user-agents 1.60.0'],
  [
    'atlassian-bot',
    'https://support.atlassian.com/organization-administration/docs/connect-custom-website-to-rovo/',
  ],
  // Microsoft Office follows a redirect itself and then shows the browser where that led, so it gets none.
  [
    'ms-office|Microsoft Office|MSOffice',
    'https://webmasters.stackexchange.com/questions/71112; https://superuser.com/questions/1359127',
  ],
  [
    'SafeLinks|Microsoft-URLAnalyzer',
    'those scans of Defender that say what they are; most look like a browser',
  ],
  // Mail scanners
  ['Proofpoint', 'where it says what it is; most scans look like a browser'],
  ['Mimecast', 'likewise'],
  ['Barracuda', 'likewise'],
  ['CiscoSecureEmail|IronPort', 'likewise'],
  ['Sophos|Symantec|FortiMail|TrendMicro', 'likewise'],
  ['virustotal', 'https://www.virustotal.com/gui/home/url'],
  [
    'GoogleImageProxy|Google-Safety|Google-Read-Aloud|Google-PageRenderer|Google Web Preview',
    'https://developers.google.com/search/docs/crawling-indexing/google-special-case-crawlers',
  ],
  [
    'YahooMailProxy|Yahoo Link Preview',
    'https://help.yahoo.com/kb/mail/yahoo-link-preview-SLN23615.html',
  ],
  ['BingPreview', 'https://www.bing.com/webmasters/help/which-crawlers-does-bing-use-8c184ec0'],
  // What fetches a page for somebody else, and what nobody sits before
  ['ChatGPT-User|Claude-User|Perplexity-User|MistralAI-User', 'npm crawler-user-agents 1.60.0'],
  ['HeadlessChrome|PhantomJS|Chrome-Lighthouse', 'npm crawler-user-agents 1.60.0'],
  [
    '(?<!cu)bot(?=[-/;)]|$)',
    'Googlebot/, bingbot/, Applebot/, redditbot/ and whoever names himself so',
  ],
  ['crawler|spider|unfurl|link ?preview|url ?preview', 'likewise'],
]
