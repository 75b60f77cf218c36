// How links are shown: in a list without their addresses, and one by itself with it.

import type { Link } from '../../db/schema.ts'
import { linkStateOf, type LinkState } from '../../domain/link.ts'
import type { Viewer } from './held-card.tsx'
import { Chip, Facts, Form, When, type Clock } from './parts.tsx'
import type { Tone } from './words.ts'

export const LINK_WORDS: Readonly<Record<LinkState, { text: string; tone: Tone }>> = {
  open: { text: 'Open', tone: 'good' },
  expired: { text: 'Ended', tone: 'over' },
  revoked: { text: 'Revoked', tone: 'over' },
}

export const LinkTable = ({ rows, clock }: { rows: readonly Link[]; clock: Clock }) => (
  <div class="scroll" tabindex={0} role="region" aria-label="Newest first">
    <table>
      <thead>
        <tr>
          <th scope="col">Invoice</th>
          <th scope="col">State</th>
          <th scope="col">Opened</th>
          <th scope="col" class="wide">
            Made
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((link) => {
          const { text, tone } = LINK_WORDS[linkStateOf(link, clock.now)]
          return (
            <tr data-card tabindex={-1}>
              <td>
                <a class="row" href={`/links/${link.id}`}>
                  {link.invoiceId}
                </a>
                {link.label === null ? null : <span class="under">{link.label}</span>}
              </td>
              <td>
                <Chip tone={tone}>{text}</Chip>
              </td>
              <td>
                <Opened of={link} clock={clock} />
              </td>
              <td class="wide">
                <When at={link.createdAt} clock={clock} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  </div>
)

const Opened = ({ of, clock }: { of: Link; clock: Clock }) =>
  of.lastOpenedAt === null ? (
    <span class="soft">never</span>
  ) : (
    <>
      {of.opened === 1 ? 'once' : `${of.opened} times`}
      <span class="under">
        last <When at={of.lastOpenedAt} clock={clock} />
      </span>
    </>
  )

type Props = {
  of: Link
  state: LinkState
  address: string | null
  clock: Clock
  viewer: Viewer
}

export const LinkPage = ({ of, state, address, clock, viewer }: Props) => {
  const { text, tone } = LINK_WORDS[state]
  return (
    <>
      <div class="head">
        <p class="crumb">
          <a href="/links">Links</a>
        </p>
        <h1>{`Link to ${of.invoiceId}`}</h1>
        <p>
          <Chip tone={tone}>{text}</Chip> {of.label ?? ''}
        </p>
      </div>
      <section class="sheet" id="link-address">
        <h2>Its address</h2>
        <Address state={state} address={address} />
      </section>
      <section class="sheet" id="link-facts">
        <h2>What is known of it</h2>
        <Facts
          rows={[
            ['Made', <When at={of.createdAt} clock={clock} />],
            [state === 'expired' ? 'Ended' : 'Ends', <When at={of.expiresAt} clock={clock} />],
            ['Revoked', of.revokedAt === null ? null : <When at={of.revokedAt} clock={clock} />],
            ['Opened', <Opened of={of} clock={clock} />],
            [
              'First opened',
              of.firstOpenedAt === null ? null : <When at={of.firstOpenedAt} clock={clock} />,
            ],
            [
              'Others of it',
              <a href={`/links?${new URLSearchParams({ invoice: of.invoiceId }).toString()}`}>
                all links to this invoice
              </a>,
            ],
          ]}
        />
        {state === 'open' && viewer.mayWrite ? (
          <Form action={`/links/${of.id}/revoke`} token={viewer.token} class="apart">
            <button class="danger">Revoke it</button>
            <span class="soft">
              Within a second it opens nothing any more, wherever it was sent.
            </span>
          </Form>
        ) : null}
      </section>
    </>
  )
}

/** Where it opens nothing, nobody needs its address. */
const Address = ({ state, address }: { state: LinkState; address: string | null }) => {
  if (state !== 'open') return <p class="soft">It opens nothing any more. Make a new one.</p>
  if (address === null) {
    return (
      <p class="soft">
        It opens as before, and can not be shown: the LINK_KEY that it was made with is gone. Make a
        new one to have an address.
      </p>
    )
  }
  return (
    <>
      <p class="address">
        <code>{address}</code>
      </p>
      <p class="buttons">
        <button
          type="button"
          class="copy wide-copy"
          data-copy={address}
          hidden
          aria-label="Copy the address"
        >
          Copy
        </button>
        <a class="button" href={address} rel="noreferrer">
          Open the PDF
        </a>
      </p>
    </>
  )
}
