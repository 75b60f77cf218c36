// Who calls, and the groups that a macro can be kept for.
import type { Answer } from '../src/answer.ts'
import { notFound, shown } from './answers.ts'
import { idOf } from './ask.ts'
import type { Ask } from './ask.ts'
import { listAnswer } from './paging.ts'
import { allRecords, findRecord } from './records.ts'
import type { User } from './shapes.ts'

const showUser = ({ api }: Ask, { group_ids: _groups, ...user }: User) => ({
  url: `${api}/users/${user.id}.json`,
  ...user,
  active: true,
  verified: true,
  suspended: false,
})

export const getMe = (ask: Ask): Answer => shown({ user: showUser(ask, ask.caller) })

/** Whoever is not there is left out. */
export function showUsers(ask: Ask): Answer {
  const ids = (ask.query.get('ids') ?? '').split(',')
  const rows = allRecords(ask.store, 'user').filter(({ id }) => ids.includes(String(id)))
  return shown({ users: rows.map((user) => showUser(ask, user)), count: rows.length })
}

export function getOrganization(ask: Ask): Answer {
  const organization = findRecord(ask.store, 'organization', idOf(ask))
  if (organization === null) return notFound
  const url = `${ask.api}/organizations/${organization.id}.json`
  return shown({ organization: { url, ...organization } })
}

export function listGroups(ask: Ask): Answer {
  const show = ({ id, name }: { readonly id: number; readonly name: string }) => ({
    url: `${ask.api}/groups/${id}.json`,
    id,
    name,
    deleted: false,
  })
  return listAnswer(ask, { name: 'groups', rows: allRecords(ask.store, 'group'), show })
}
