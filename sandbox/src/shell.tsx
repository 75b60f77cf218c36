// What every page of the sandbox has around it.
import type { Child } from 'hono/jsx'

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2.2rem 0 .4rem }
  p { margin: .3rem 0 } .quiet { opacity: .65 } nav a { margin-right: 1rem }
  .scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
  th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left;
    vertical-align: top; white-space: nowrap }
  th { font-weight: 600; opacity: .65 } .number { text-align: right; font-variant-numeric: tabular-nums }
  td.number, th.number { padding-right: 1.8rem }
  code { font: 13px/1.5 ui-monospace, monospace } .credit { font-weight: 600 }
  .text { white-space: pre-wrap; overflow-wrap: anywhere }
`

type ShellProps = {
  readonly title: string
  /** Rules of this page alone. */
  readonly style?: string
  readonly children: Child
}

export function Shell({ title, style = '', children }: ShellProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style>{STYLE + style}</style>
      </head>
      <body>{children}</body>
    </html>
  )
}
