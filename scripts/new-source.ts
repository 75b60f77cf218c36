// The files of a new source as `npm run new` writes them: complete enough to be listed, and
// refusing to be used until they are filled in.

export const pageTemplate = (name: string, title: string): string => `\
// ${title}: fill in what its webhooks are, and where that is said (the vendor's page, the package
// and its version); what is signed, what is not, and what is unverified.

import type { SourceEvent, Unreadable } from '../domain/event.ts'
import type { Endpoint, EndpointOptions, ModeOption, Source } from './source.ts'

export const ${name}Source: Source = {
  name: '${name}',
  title: '${title}',
  saysMode: false,
  unsignedIdHeader: null,
  read: (): readonly (SourceEvent | Unreadable)[] => [{ unreadable: 'no_event_type' }],
}

/** \`secret\`: the name of the secret that holds what ${title} signs with. \`mode\`: is it live? */
export const ${name} = (_options: EndpointOptions & ModeOption): Endpoint => {
  throw new Error(
    'src/sources/${name}.ts is not filled in: say how ${title} signs and what it sends, see CONTRIBUTING.md',
  )
}
`

export const fixtureTemplate = (): string =>
  `${JSON.stringify({ 'fill in': 'a whole body as the sender writes it' }, null, 2)}\n`

export const testTemplate = (name: string, event: string): string => `\
// What a delivery of the source is read as. The required cases of its signature follow from its
// entry in entries.ts.

import { expect, it } from 'vitest'
import doc from '../../docs/sources/${name}.md?raw'
import { ${name}Source } from '../../src/sources/${name}.ts'
import sample from '../fixtures/${name}/${event}.json'

const FACTS = { signed: { id: null, timestamp: null }, unsignedHeader: () => null }

it('its sample is one event, with its own type and a time', () => {
  const events = ${name}Source.read(sample, FACTS)
  expect(events, 'fill in src/sources/${name}.ts and its fixture').toMatchObject([
    { type: '${event}', occurredAt: expect.any(Number), data: sample },
  ])
})

it('has a page that says how to connect it', () => {
  expect(doc, 'fill in docs/sources/${name}.md').not.toContain('Fill in')
})
`

export const docTemplate = (name: string, title: string): string => `\
# ${title}

Fill in: what its deliveries are good for, and what proves them.

## Connect

Fill in, click by click: the address is \`https://<your worker>/webhooks/${name}\`, and which secret goes where.

## Configuration

\`\`\`ts
${name}: ${name}({ secret: '${name.toUpperCase()}_WEBHOOK_SECRET', mode: 'live' }),
\`\`\`

## What is made of it

Fill in: the types, the fields that carry the money, the customer, the subject.

## Retries, duplicates, limits

Fill in: when it sends again, what makes a second delivery the same event, what is unverified.
`
