// Who calls, and the groups that a macro can be kept for.
import type { Answer } from '../src/answer.ts'
import { shown } from './answers.ts'
import type { Ask } from './ask.ts'
import { listAnswer } from './paging.ts'
import { allRecords } from './records.ts'

export function getMe({ caller, api }: Ask): Answer {
  const { group_ids: _groups, ...user } = caller
  const url = `${api}/users/${user.id}.json`
  return shown({ user: { url, ...user, active: true, verified: true, suspended: false } })
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
