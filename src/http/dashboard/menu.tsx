// The pages of the dashboard, by what people do there: a column beside each page, and on a phone a menu above it.

const GROUPS = [
  [
    'Work',
    [
      ['/', 'Overview'],
      ['/inbox', 'Inbox'],
    ],
  ],
  [
    'Records',
    [
      ['/events', 'Events'],
      ['/adjustments', 'Adjustments'],
      ['/customers', 'Customers'],
      ['/links', 'Links'],
      ['/reports', 'Reports'],
      ['/audit', 'Audit log'],
    ],
  ],
  [
    'Setup',
    [
      ['/endpoints', 'Endpoints'],
      ['/rules', 'Rules'],
      ['/settings', 'Settings'],
    ],
  ],
] as const

/** What is found has no entry: one comes to it from the box on every page. */
export type Section = (typeof GROUPS)[number][1][number][1] | 'Search'

type Props = {
  section: Section | null
  /** How much waits in the inbox, as it is shown; null where nothing does. */
  waiting: string | null
}

/** Beside each page, where there is room. */
export const SideMenu = (props: Props) => (
  <nav class="pages-beside" aria-label="Pages of the dashboard">
    <Groups {...props} place="beside" />
  </nav>
)

/** The same on a phone: it says where one is, and opens without a script. One of the two is not displayed. */
export const PhoneMenu = (props: Props) => (
  <details class="menu">
    <summary>
      <span>{props.section ?? 'Pages'}</span>
      <Count of={props.waiting} id="menu-waiting" />
    </summary>
    <nav aria-label="Pages of the dashboard">
      <Groups {...props} place="menu" />
    </nav>
  </details>
)

const Groups = ({ section, waiting, place }: Props & { place: string }) => (
  <>
    {GROUPS.map(([group, pages]) => (
      <div class="pages-group">
        <p id={`${place}-${group}`}>{group}</p>
        <ul aria-labelledby={`${place}-${group}`}>
          {pages.map(([href, name]) => (
            <li>
              <a href={href} aria-current={name === section ? 'page' : null}>
                {name}
                {name === 'Inbox' ? <Count of={waiting} id={`${place}-inbox`} /> : null}
              </a>
            </li>
          ))}
        </ul>
      </div>
    ))}
  </>
)

/** It is a live part of every page, so it is there when there is nothing to count. */
const Count = ({ of, id }: { of: string | null; id: string }) => (
  <span id={id} data-part class="count" hidden={of === null}>
    {of === null ? null : (
      <>
        {of}
        <span class="unseen"> waiting</span>
      </>
    )}
  </span>
)
