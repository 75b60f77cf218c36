// Import this before Miniflare or Wrangler: they read these switches once, when they are loaded.
// Without a network their look-ups fail, and each failure is a warning that helps nobody here.
const SWITCHES = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  WRANGLER_LOG: 'error',
}

for (const [name, value] of Object.entries(SWITCHES)) process.env[name] ??= value
