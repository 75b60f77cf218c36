// `npm run connect -- zendesk`: makes at Zendesk what is missing there, and takes exactly that away again.
// Whatever is found by its marker is left as it is, so a run that was cut off is ended by the next one.

import * as z from 'zod'
import { call, type Api } from './connect-call.ts'
import { keepSecret, removalAt, tell, type Connection } from './connect-connection.ts'
import { adviseOn, keepNumber, numberVariable, secretOf } from './connect-zendesk-app.ts'
import {
  AMOUNT_FIELD,
  askingOf,
  planFor,
  STATUS_FIELD,
  WEBHOOK,
  type Ids,
  type KindName,
  type Wanted,
} from './connect-zendesk-plan.ts'
import {
  deleteRecord,
  differences,
  findRecords,
  listRows,
  makeRecord,
  notAsExpected,
  type Found,
} from './connect-zendesk-records.ts'
import { Trouble } from './trouble.ts'

export type Connected = {
  /** Null after a dry run. */
  readonly secret: string | null
  /** The macro for the smallest thing that can be asked; null where there is none. */
  readonly macro: { readonly id: string; readonly title: string } | null
}

const SECRET_PAGE = 'Admin Center, Webhooks, Makegood, "Reveal secret"'
const KIND_NAMES: readonly KindName[] = ['field', 'macro', 'view', 'webhook', 'trigger']

export async function connectZendesk(connection: Connection): Promise<Connected> {
  const { api, config, name, app, asked } = connection
  const asking = askingOf(config)
  if (asking === null) {
    throw new Trouble(
      'makegood.config.ts has no zendeskTicketCredit(): nothing would read a ticket',
    )
  }
  await assertAdmin(api)
  const leadsGroup = asked.leads === null ? null : await groupNamed(api, asked.leads)
  const plan = planFor(asking, {
    address: `${app}/webhooks/${name}`,
    currency: (asking.currency ?? config.currency).toUpperCase(),
    customer: asked.customer,
    leadsGroup,
  })
  const there = await findAll(connection)
  assertHarmless(there, `${app}/webhooks/${name}`)
  const { ids, secret, changes } = await bringAbout(connection, plan, there)
  adviseOn(connection, asking)
  if (asked.dryRun) tell(api, 'dry run', 'nothing was changed')
  else if (changes === 0) tell(api, 'done', 'everything was there already, and nothing was changed')
  else tell(api, 'done', `${changes} made or stored`)
  const wanted = plan.find(({ kind }) => kind === 'macro')
  const id = wanted === undefined ? undefined : ids.get(wanted.key)
  return { secret, macro: wanted && id ? { id, title: wanted.title } : null }
}

async function bringAbout(
  connection: Connection,
  plan: readonly Wanted[],
  there: readonly Found[],
): Promise<{ ids: ReadonlyMap<string, string>; secret: string | null; changes: number }> {
  const { api, name, asked } = connection
  const ids = new Map(there.toReversed().map(({ key, id }) => [key, id]))
  const idOf: Ids = (key) => ids.get(key) ?? ''
  let changes = 0
  let secret: string | null = null
  for (const wanted of plan) {
    const what = `${wanted.kind.padEnd(9)}${wanted.title}`
    const found = there.filter(({ key }) => key === wanted.key)
    if (found.length > 0) tellFound(api, what, found, wanted.record(idOf))
    else if (asked.dryRun) tell(api, 'would make', ` ${what}`)
    else {
      ids.set(wanted.key, await makeRecord(api, name, wanted, wanted.record(idOf)))
      tell(api, 'made', what)
      changes++
    }
    // Before the triggers: what they set off must find an app that knows the secret.
    if (wanted.key === WEBHOOK && !asked.dryRun) {
      secret = await secretOf(api, idOf(WEBHOOK))
      if (keepSecret(connection, secret, SECRET_PAGE)) changes++
    }
    if (!asked.dryRun && keepNumber(connection, wanted.key, idOf)) changes++
  }
  for (const { key, kind, title } of there) {
    if (plan.some((wanted) => wanted.key === key)) continue
    tell(api, 'left over', `${kind} ${title}: the configuration does not want it any more`)
  }
  return { ids, secret, changes }
}

function tellFound(
  api: Api,
  what: string,
  found: readonly Found[],
  wanted: Readonly<Record<string, unknown>>,
): void {
  const [first] = found
  const differing = first === undefined ? [] : differences(first, wanted)
  if (found.length > 1) {
    tell(api, 'twice', `${what}: ${found.length} of it are there; delete all but one at Zendesk`)
  } else if (differing.length > 0) {
    const how = `differs in ${differing.join(', ')} and is left as it is`
    tell(api, 'differs', `${what}: ${how}; to renew it, delete it at Zendesk and run this again`)
  } else tell(api, 'there', what)
}

/** What would let customers credit themselves, or send what agents ask somewhere else. */
function assertHarmless(there: readonly Found[], address: string): void {
  for (const { kind, key, title, record } of there) {
    if (key === AMOUNT_FIELD || key === STATUS_FIELD) {
      if (record['editable_in_portal'] === true || record['visible_in_portal'] === true) {
        throw new Trouble(
          `the field ${title} is open to customers in the portal: make it agents only at Zendesk, then run this again`,
        )
      }
    }
    if (kind === 'webhook' && record['endpoint'] !== address) {
      const endpoint = String(record['endpoint'])
      throw new Trouble(
        `the webhook ${title} calls ${endpoint}, not ${address}: run this with --undo first, or with the right --app`,
      )
    }
  }
}

const me = z.object({ user: z.object({ role: z.string() }) })

async function assertAdmin(api: Api): Promise<void> {
  const read = me.safeParse(await call(api, 'GET', '/users/me.json'))
  if (!read.success) throw notAsExpected(api, 'the user of ZENDESK_EMAIL')
  const { role } = read.data.user
  if (role !== 'admin') {
    throw new Trouble(
      `ZENDESK_EMAIL is ${role} at Zendesk: fields, webhooks and triggers need an admin`,
    )
  }
}

async function groupNamed(api: Api, wanted: string): Promise<number> {
  const groups = z.array(z.object({ id: z.coerce.number(), name: z.string() }))
  const rows = groups.parse(await listRows(api, 'groups'))
  const found = rows.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())
  if (found) return found.id
  const names = rows.map(({ name }) => name).join(', ')
  throw new Trouble(`--leads ${wanted}: Zendesk has no group of this name; it has: ${names}`)
}

async function findAll({ api, name }: Pick<Connection, 'api' | 'name'>): Promise<Found[]> {
  const found: Found[] = []
  for (const kind of KIND_NAMES) found.push(...(await findRecords(api, name, kind)))
  return found
}

/** Takes away what carries this endpoint's marker, and the secret; what asks goes first. */
export async function disconnectZendesk(connection: Connection): Promise<void> {
  const { api, endpoint, secrets, asked } = connection
  const found = (await findAll(connection)).toReversed()
  for (const each of found) {
    const what = `${each.kind.padEnd(9)}${each.title}`
    if (asked.dryRun) {
      tell(api, 'would remove', ` ${what}`)
      continue
    }
    if (each.kind === 'webhook' && secrets?.drop(endpoint.secret, await secretOf(api, each.id))) {
      tell(api, 'removed', `secret   ${endpoint.secret}, from .dev.vars`)
    }
    const variable = numberVariable(connection, each.key)
    if (variable !== null && secrets?.drop(variable, each.id)) {
      tell(api, 'removed', `number   ${variable}, from .dev.vars`)
    }
    await deleteRecord(api, each)
    tell(api, 'removed', what)
  }
  if (asked.dryRun) tell(api, 'dry run', 'nothing was changed')
  else if (found.length === 0) tell(api, 'done', 'there was nothing of ours')
  else if (secrets === null) tell(api, 'done', `then: ${removalAt(connection)}`)
  else tell(api, 'done', 'nothing of ours is left')
}
