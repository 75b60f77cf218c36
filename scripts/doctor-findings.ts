// What stands between here and a Makegood that works, and what to do about each. Pure: facts in, findings out.

import type { Config } from '../src/config.ts'
import { isForStaff } from '../src/notices/channel.ts'
import { customerFindings, editableFindings } from './doctor-customers.ts'
import {
  deployOf,
  finding,
  isHere,
  renewKeyOf,
  setupOf,
  type Facts,
  type Finding,
} from './doctor-facts.ts'
import { missedFindings } from './doctor-missed.ts'
import { statusFindings } from './doctor-status.ts'

const NODE_MAJOR_MIN = 20

export function findingsOf(facts: Facts): readonly Finding[] {
  const { config } = facts
  return [
    nodeFinding(facts),
    configFinding(facts),
    ...readyFindings(facts),
    ...limiterFindings(facts),
    ...migrationFindings(facts),
    ...statusFindings(facts),
    billingFinding(facts),
    ...(config === null
      ? []
      : [
          ...modeFindings(facts, config),
          ...endpointFindings(facts, config),
          ...linkFindings(facts, config),
          ...noticeFindings(facts, config),
          ...missedFindings(config),
          ...customerFindings(facts.billing?.customers ?? null, config),
          ...editableFindings(config),
        ]),
    ...keptFindings(facts),
  ]
}

function nodeFinding({ node }: Facts): Finding {
  const isNew = Number.parseInt(node, 10) >= NODE_MAJOR_MIN
  if (isNew) return finding('ok', 'Node', node)
  return finding('bad', 'Node', `${node} is too old`, `install Node ${NODE_MAJOR_MIN} or newer`)
}

function configFinding({ config, configProblem }: Facts): Finding {
  if (config === null) {
    return finding('bad', 'configuration', configProblem ?? 'it does not start', 'npm run check')
  }
  const { endpoints, rules } = config
  return finding('ok', 'configuration', `${endpoints.size} endpoints, ${rules.length} rules`)
}

function readyFindings(facts: Facts): readonly Finding[] {
  const { url, ready, config } = facts
  if (ready === null) {
    if (url === null) return []
    const todo = `${deployOf(facts)}, or another --url`
    return [finding('bad', 'address', `${url} does not answer as Makegood does`, todo)]
  }
  const problems = ready.problems.map((each) => finding('bad', 'settings', each, setupOf(facts)))
  const names = ready.endpoints.map(({ name }) => name).toSorted()
  const own: readonly string[] = config === null ? names : [...config.endpoints.keys()].toSorted()
  const isOther = names.join() !== own.join()
  return [
    ...(problems.length > 0 ? problems : [finding('ok', 'settings', 'what it needs is set')]),
    ...(isOther
      ? [
          finding(
            'warn',
            'configuration',
            `what runs has the endpoints ${names.join(', ')}`,
            deployOf(facts),
          ),
        ]
      : []),
  ]
}

function limiterFindings(facts: Facts): readonly Finding[] {
  const off = (facts.ready?.limits ?? []).filter(({ status }) => status !== 'on')
  if (off.length === 0) return []
  const names = off.map(({ name }) => name).join(', ')
  const text = `nobody is held back who calls too often: without ${names}`
  const todo = `take its [[ratelimits]] into wrangler.toml again; ${deployOf(facts)}`
  return [finding('warn', 'limits of calls', text, todo)]
}

function migrationFindings(facts: Facts): readonly Finding[] {
  const { config, migrations } = facts
  if (migrations === null) {
    // Where the configuration does not start nothing is looked for.
    if (config === null) return []
    return [finding('unasked', 'migrations', 'there is no database yet', 'npm start makes it')]
  }
  if ('why' in migrations) {
    const todo = isHere(facts)
      ? 'npm run doctor'
      : 'log in to the account that it is in, to have its tables looked at'
    return [finding('unasked', 'migrations', `not asked: ${migrations.why}`, todo)]
  }
  const { missing, unknown, where } = migrations
  const todo = `${deployOf(facts)} applies them`
  return [
    missing.length > 0
      ? finding('bad', 'migrations', `the database lacks ${missing.join(', ')}`, todo)
      : finding('ok', 'migrations', `none is missing${where === null ? '' : ` in ${where}`}`),
    ...(unknown.length > 0
      ? [
          finding(
            'warn',
            'migrations',
            `the database is newer: it has ${unknown.join(', ')}`,
            'is this checkout an older version?',
          ),
        ]
      : []),
  ]
}

function billingFinding(facts: Facts): Finding {
  const { billing, url } = facts
  if (billing === null) {
    const todo = 'COMMET_API_KEY in the environment has its customers looked at'
    return finding('unasked', 'billing API', 'not asked: there is no key here', todo)
  }
  const { answer, mode } = billing
  const kind = mode === 'live' ? 'a live key' : 'a sandbox key: it bills nobody'
  if (answer === 'ok') return finding('ok', 'billing API', `${billing.url} answers to ${kind}`)
  if (answer === 'refused') {
    return finding(
      'bad',
      'billing API',
      `${billing.url} refuses the key`,
      `${isHere(facts) ? '' : 'if the Worker has this one: '}${renewKeyOf(facts)}`,
    )
  }
  const isLocal = url === null && billing.url.startsWith('http:')
  return isLocal
    ? finding('unasked', 'billing API', 'the sandbox does not run', 'npm start')
    : finding('bad', 'billing API', `${billing.url} does not answer`, 'is COMMET_API_URL right?')
}

function modeFindings({ billing }: Facts, { endpoints }: Config): readonly Finding[] {
  if (billing === null) return []
  const wrong = [...endpoints].filter(([, { mode }]) => mode !== null && mode !== billing.mode)
  return wrong.map(([name, { mode }]) => {
    const text = `${name} is declared ${mode}, and the billing key is for ${billing.mode}: all of it is held`
    return finding('warn', 'mode', text, `mode: '${billing.mode}', or the other key`)
  })
}

function endpointFindings(facts: Facts, { limits }: Config): readonly Finding[] {
  const { ready, status } = facts
  const found = (ready?.endpoints ?? []).map(({ name, status: state }): Finding => {
    if (state !== 'on') return finding('warn', name, state, `${setupOf(facts)}, or take it out`)
    const startedAt = status?.startedAt.get(name)
    if (startedAt === undefined) return finding('ok', name, 'on')
    if (startedAt !== null) return finding('ok', name, `on since ${startedAt.slice(0, 10)}`)
    const text = 'waits for its first delivery; its first day is not set until then'
    return finding('warn', name, text, 'have its sender deliver something, or npm run connect')
  })
  if (limits.olderThanEndpoint === 'allow') {
    const text =
      'what is older than an endpoint is not held, so a sender can have its past paid again'
    found.push(finding('warn', 'first day', text, "limits.olderThanEndpoint: 'hold'"))
  }
  return found
}

function linkFindings({ linkAddress, status }: Facts, { links }: Config): readonly Finding[] {
  const found: Finding[] = []
  const host = URL.parse(links.origin ?? linkAddress ?? '')?.hostname ?? null
  if (host?.endsWith('.workers.dev')) {
    const text = `links lead to ${host}, which looks like phishing in a mail`
    found.push(finding('warn', 'links', text, 'a domain of your own: docs/upgrading.md'))
  } else if (host !== null) found.push(finding('ok', 'links', `they lead to ${host}`))
  const isAllowed = (refused: string): boolean =>
    links.hosts.some((each) => refused === each || refused.endsWith(`.${each}`))
  const refused = (status?.refusedHosts ?? []).filter((each) => !isAllowed(each))
  for (const each of refused) {
    const todo = `if it is the billing API's own: links: { hosts: ['${each}'] }`
    found.push(finding('bad', 'links', `they answer 503: PDFs are on ${each}`, todo))
  }
  return found
}

function noticeFindings(facts: Facts, { notices }: Config): readonly Finding[] {
  const { ready } = facts
  const states = new Map((ready?.channels ?? []).map(({ name, status }) => [name, status]))
  const isOn = (name: string) => states.get(name)?.startsWith('on') ?? ready === null
  const off = notices.flatMap(({ name, title }) =>
    isOn(name)
      ? []
      : [finding('warn', 'notices', `${title} is ${states.get(name) ?? 'off'}`, setupOf(facts))],
  )
  if (notices.some((channel) => isForStaff(channel) && isOn(channel.name))) return off
  const text =
    'no channel for people is on: nobody hears of holds and alarms, and no witness outside keeps the audit log honest'
  return [
    ...off,
    finding('warn', 'notices', text, 'notices: [slack()] or signedWebhook(): docs/notices.md'),
  ]
}

const keptFindings = ({ keptFile }: Facts): readonly Finding[] =>
  keptFile === null
    ? []
    : [
        finding(
          'warn',
          'secrets',
          `${keptFile} is here in clear`,
          'put it into a password manager, delete it',
        ),
      ]
