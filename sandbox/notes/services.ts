// The services that have a stand-in which keeps notes.

export const NOTE_SERVICES = ['freshdesk', 'intercom', 'hubspot', 'jira'] as const
export type NoteService = (typeof NOTE_SERVICES)[number]
