// Makes docs/differences.md from the code and from facts.ts: `npm run evidence`.

import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import type { Permit } from '../../src/api/permit.ts'
import type { Route } from '../../src/api/route.ts'
import { managementRoutes, PREFIX } from '../../src/api/routes.ts'
import { contentRoutes } from '../../src/delivery/content.ts'
import { BODY_LIMIT, DEPTH_LIMIT } from '../../src/rules/caps.ts'
import * as errors from '../../src/rules/errors.ts'
import { PERMISSIONS, ROLES } from '../../src/rules/roles.ts'
import { FACTS, MARKS, type Mark } from './facts.ts'

const routes = [...managementRoutes, ...contentRoutes]

const source = (path: string) => readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8')

type Exports = typeof errors
/** The functions of `rules/errors.ts` that make one failure; `invalid` makes many, by operation. */
type FailureName = Exclude<
  {
    [K in keyof Exports]: Exports[K] extends (...args: never[]) => errors.ApiError ? K : never
  }[keyof Exports],
  'invalid'
>

interface Sample {
  failures: errors.ApiError[]
  /** For a mark I or C: the request whose response shows what the service does. */
  settle?: string
}

/** Each failure with sample values. */
const SAMPLES: Record<FailureName, Sample> = {
  stackNotFound: {
    failures: [errors.stackNotFound('', false), errors.stackNotFound('', true)],
    settle: 'PUT `/v3/stacks` with an unknown `api_key`.',
  },
  notLoggedIn: {
    failures: [
      errors.notLoggedIn('', 'authtoken'),
      errors.notLoggedIn('', 'authorization'),
      errors.notLoggedIn('', 'access_token'),
      errors.notLoggedIn('', 'preview_token'),
      errors.notLoggedIn(''),
    ],
    settle: 'GET `/v3/environments` with an unknown management token.',
  },
  notPermitted: { failures: [errors.notPermitted('')] },
  scopeNotPermitted: {
    failures: [errors.scopeNotPermitted('')],
    settle: 'GET `/v3/environments` with a management token of another module.',
  },
  secondFactorNeeded: { failures: [errors.secondFactorNeeded()] },
  secondFactorWrong: { failures: [errors.secondFactorWrong()] },
  secondFactorUsed: {
    failures: [errors.secondFactorUsed()],
    settle: 'Log in twice with one token of the authenticator.',
  },
  contentTypeNotFound: { failures: [errors.contentTypeNotFound('x')] },
  objectNotFound: {
    failures: [errors.objectNotFound('uid', ''), errors.objectNotFound('environment', '')],
    settle: 'Read entries of an environment that is not in the scope of the delivery token.',
  },
  environmentUnknown: {
    failures: [errors.environmentUnknown('x')],
    settle: 'Read entries of an unknown environment.',
  },
  environmentDenied: { failures: [errors.environmentDenied('')] },
  previewHashMissing: { failures: [errors.previewHashMissing()] },
  worldRequired: { failures: [errors.worldRequired()], settle: 'None: this is a property of the emulation.' },
  loginFailed: { failures: [errors.loginFailed()] },
  branchExists: {
    failures: [errors.branchExists('branch'), errors.branchExists('branch alias')],
    settle: 'POST a branch twice.',
  },
  environmentNotFound: { failures: [errors.environmentNotFound('x')] },
  branchNotFound: {
    failures: [errors.branchNotFound('x'), errors.branchNotFound('x', 'Branch alias')],
    settle: 'GET an unknown branch, and an unknown alias.',
  },
  branchDenied: { failures: [errors.branchDenied('', 'x'), errors.branchDenied('', 'x', 'branch alias')] },
  branchUnknown: { failures: [errors.branchUnknown('x')] },
  deletionUnconfirmed: {
    failures: [errors.deletionUnconfirmed('Branch', 'x'), errors.deletionUnconfirmed('Branch alias', 'x')],
    settle: 'DELETE a branch, and an alias, without `force`.',
  },
  organizationNotFound: {
    failures: [errors.organizationNotFound()],
    settle: 'POST `/v3/stacks` without `organization_uid`.',
  },
  tokenNotFound: {
    failures: [errors.tokenNotFound('Delivery Token', 'x'), errors.tokenNotFound('Management Token', 'x')],
    settle: 'GET and DELETE an unknown management token.',
  },
  scopeTooLarge: {
    failures: [errors.scopeTooLarge()],
    settle: 'POST a token with a scope of many large environments.',
  },
  environmentsTooLarge: {
    failures: [errors.environmentsTooLarge('Environment creation')],
    settle: 'Create large environments until the service refuses.',
  },
  notJson: { failures: [errors.notJson()], settle: 'POST `{`.' },
  notUtf8: { failures: [errors.notUtf8()], settle: 'POST a name with the byte FF.' },
  wrongContentType: {
    failures: [errors.wrongContentType()],
    settle: 'POST a token with `Content-Type: text/plain`.',
  },
  routeNotFound: { failures: [errors.routeNotFound()], settle: 'GET `/v3/nothing`.' },
  methodNotAllowed: { failures: [errors.methodNotAllowed([])], settle: 'PATCH `/v3/stacks`.' },
  bodyTooLarge: { failures: [errors.bodyTooLarge(BODY_LIMIT)], settle: 'POST a description of 2 MiB.' },
  bodyTooDeep: { failures: [errors.bodyTooDeep(DEPTH_LIMIT)], settle: 'POST 101 nested arrays.' },
  badRequest: { failures: [errors.badRequest()], settle: 'Send a path with `%zz`.' },
  storageFailed: {
    failures: [errors.storageFailed()],
    settle: 'None: this is a property of the emulation.',
  },
  unexpected: { failures: [errors.unexpected()], settle: 'None: this is a property of the emulation.' },
}

/** Any call may meet these. */
const EVERYWHERE: FailureName[] = [
  'routeNotFound',
  'methodNotAllowed',
  'worldRequired',
  'bodyTooLarge',
  'bodyTooDeep',
  'badRequest',
  'notJson',
  'notUtf8',
  'wrongContentType',
  'storageFailed',
  'unexpected',
]

/** What the comment above a failure says: the marks of each variant, such as `A, D body`, and the rest. */
function commentOf(name: string): { marks: string[]; note: string } {
  const [, comment = ''] =
    new RegExp(`((?://.*\n)+)export const ${name} =`).exec(source('rules/errors.ts')) ?? []
  const text = comment
    .replaceAll(/^\/\/ /gm, '')
    .trim()
    .replaceAll('\n', ' ')
  const [, marks, note = ''] = /^([RADIC][^.:]*)(?:[.:] ?(.*))?$/.exec(text) ?? []
  if (marks === undefined)
    throw new Error(`The comment above ${name} in rules/errors.ts does not begin with its marks.`)
  return { marks: marks.split(' / '), note: note.replace(/^./, (first) => first.toUpperCase()) }
}

/** The weakest of the marks in a text such as `A status, I body`. */
const weakest = (marks: string) => MARKS.findLast((mark) => new RegExp(`\\b${mark}\\b`).test(marks)) as Mark

/** The mark of each operation's error code. */
const codes = [...source('rules/errors.ts').matchAll(/^ {2}'(.+)': (\d+), \/\/ ([RADIC])$/gm)].map(
  ([, operation = '', code = '', mark = '']) => ({ operation, id: `422/${code}`, mark: mark as Mark }),
)

/** The functions of a room's file, by name, as text. */
function functionsOf(path: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of source(path).split(/\n(?=(?:export )?(?:function|const) )/)) {
    const [, name] = /^(?:export )?(?:function|const) (\w+)/.exec(part) ?? []
    if (name) found.set(name, part)
  }
  return found
}

const files = ['api', 'delivery', 'rules'].flatMap((room) =>
  readdirSync(new URL(`../../src/${room}/`, import.meta.url)).map((file) => `${room}/${file}`),
)
const functions = new Map(files.map((path) => [path, functionsOf(path)]))

/** The failures that a function of a file throws, itself or through a function that it calls: by name, or by operation. */
function thrownBy(path: string, name: string, seen = new Set<string>()): Set<string> {
  const thrown = new Set<string>()
  const text = functions.get(path)?.get(name)
  if (text === undefined || seen.has(`${path} ${name}`)) return thrown
  seen.add(`${path} ${name}`)
  const imports = importsOf(path)
  for (const { operation } of codes) if (text.includes(`invalid('${operation}'`)) thrown.add(operation)
  for (const [, module, called = ''] of text.matchAll(/(?:\b(\w+)\.)?\b(\w+)\b/g)) {
    const from = module === undefined ? (imports.get(called) ?? path) : imports.get(module)
    if (from === 'rules/errors.ts') thrown.add(called)
    else if (from !== undefined) for (const failure of thrownBy(from, called, seen)) thrown.add(failure)
  }
  return thrown
}

/** The file of each imported name; of a whole module for the name that stands for it. */
function importsOf(path: string): Map<string, string> {
  const imports = new Map<string, string>()
  for (const [, names = '', file] of source(path).matchAll(/^import ([^;']+?) from '\.\.?\/([\w./-]+)'/gm)) {
    const target = files.find((other) => other === file || other === `${path.split('/')[0]}/${file}`)
    if (target) for (const [name] of names.matchAll(/\w+/g)) imports.set(name, target)
  }
  return imports
}

/** Each failure, its marks and the weakest of them. */
const failures = (Object.entries(SAMPLES) as [FailureName, Sample][]).flatMap(
  ([name, { failures, settle = '' }]) => {
    const { marks, note } = commentOf(name)
    return failures.map((failure, i) => {
      const { error_message: message, errors: fields = {} } = failure.body()
      const known = marks[i] ?? (marks.at(-1) as string)
      const keys = Object.keys(fields).join(', ')
      const mark = weakest(known)
      return {
        name,
        mark,
        id: `${failure.status}/${failure.code ?? '-'}`,
        words: keys === '' ? message : `${message} (${keys})`,
        known,
        note,
        settle: mark === 'I' || mark === 'C' ? settle : '',
      }
    })
  },
)

/** Failures as `422/141 R C`: each status and code once, with the marks of all that share it. */
function short(found: readonly { id: string; mark: Mark }[]): string {
  const ids = [...new Set(found.map(({ id }) => id))]
  return ids
    .map((id) =>
      [id, ...MARKS.filter((mark) => found.some((other) => other.id === id && other.mark === mark))].join(
        ' ',
      ),
    )
    .join(', ')
}

/** What the permits of a call refuse. */
function refusalsOf(permit: Permit | undefined): FailureName[] {
  if (permit === undefined) return []
  if (permit.who === 'user') return ['notLoggedIn']
  if (permit.who === 'reader')
    return ['stackNotFound', ...thrownBy('delivery/permit.ts', permit.check.name)] as FailureName[]
  const { action, onStackItself, managementToken } = permit
  return [
    'stackNotFound',
    'notLoggedIn',
    ...(PERMISSIONS[action].length < ROLES.length ? (['notPermitted'] as const) : []),
    ...(managementToken?.module ? (['scopeNotPermitted'] as const) : []),
    ...(managementToken ? (['branchDenied'] as const) : []),
    ...(onStackItself ? [] : (['branchUnknown'] as const)),
  ]
}

/** The permits that a call has, whichever the request. */
function permitsOf({ permit }: Route): (Permit | undefined)[] {
  if (typeof permit !== 'function') return [permit]
  const request = (profile: string, headers: Record<string, string> = {}) =>
    ({ headers, world: { settings: { profile } } }) as unknown as FastifyRequest
  return [
    permit(request('live')),
    permit(request('documented', { api_key: 'x' })),
    permit(request('live', { access_token: 'x' })),
    permit(request('live', { preview_token: 'x' })),
  ]
}

/** The failures of a call, besides those of every call. */
function failuresOf(route: Route): string {
  const path = files.find(
    (file) => !file.startsWith('rules/') && functions.get(file)?.has(route.run.name),
  ) as string
  const names = new Set<string>([...permitsOf(route).flatMap(refusalsOf), ...thrownBy(path, route.run.name)])
  // Variants that belong to other calls.
  const others = [
    route.path === '/stacks' ? '412/109' : '422/109',
    path.includes('management') ? 'Delivery Token' : 'Management Token',
  ]
  return short([
    ...failures
      .filter(({ name }) => names.has(name))
      .filter(({ id, words }) => !others.some((other) => id === other || words.startsWith(other))),
    ...codes.filter(({ operation }) => operation === route.operation || names.has(operation)),
  ])
}

const JAVASCRIPT = 'JavaScript'
const DELIVERY = 'delivery SDK'
const CSDX = 'csdx'

/** What drives a call: the clients in `sdk.test.ts` and `delivery-sdk.test.ts`, and `csdx` in `csdx.mjs`. */
function clientsOf({ method, path, operation }: Route): string[] {
  const isContent = operation === 'Content fetch' || path.startsWith('/locales')
  const byCsdx = [
    'POST /user-session',
    'DELETE /user-session',
    'GET /stacks',
    'GET /environments',
    'POST /environments',
  ]
  const notByJavascript = [
    'GET /organizations/:uid/stacks',
    'GET /stacks/settings',
    'POST /stacks/settings',
    'GET /stacks/branches/:uid',
    'GET /stacks/branch_aliases',
  ]
  if (path.includes('/:content_type')) return path.includes('/entries') ? [DELIVERY] : []
  const call = `${method} ${path}`
  return [
    ...(isContent || notByJavascript.includes(call) ? [] : [JAVASCRIPT]),
    ...(isContent || byCsdx.includes(call) ? [CSDX] : []),
  ]
}

const inCell = (text: string) => text.replaceAll('|', '\\|')
const row = (...cells: string[]) => `| ${cells.map(inCell).join(' | ')} |`

const facts = Object.values(FACTS).flat()

/** How many rows have each mark. */
function counts(): string[] {
  const rows = [
    ['facts', facts.map(({ mark }) => mark)],
    ['failures', failures.map(({ mark }) => mark)],
    ['codes of an operation', codes.map(({ mark }) => mark)],
  ] as const
  const all = rows.flatMap(([, marks]) => marks)
  const cells = (marks: readonly Mark[]) =>
    MARKS.map((mark) => String(marks.filter((other) => other === mark).length))
  return [...rows, ['all', all] as const].map(([name, marks]) =>
    row(name, ...cells(marks), String(marks.length)),
  )
}

function factTable(heading: string, rows: (typeof facts)[number][]): string {
  return [
    `### ${heading}\n`,
    '| mark | what happens here | profile | how to settle it |',
    '| --- | --- | --- | --- |',
    ...rows.map((fact) =>
      row(fact.mark, fact.fact, fact.profile ?? 'all', 'settle' in fact ? fact.settle : ''),
    ),
    '',
  ].join('\n')
}

/** The text of docs/differences.md. */
export const page = () => `# Differences from Contentstack

Contentstack publishes one page about the Tokens API, which says little about failures. This page lists what is known of the service,
and how; where nothing is published, what this project chose. \`npm run evidence\` makes it from the code and from
\`test/evidence/facts.ts\`.

| mark | how a fact is known |
| --- | --- |
| R | a recorded response of the service |
| A | an assertion in a vendor's live test |
| D | other official documentation, and the page itself |
| I | inferred |
| C | chosen for this project, because nothing is published |

A row that has several marks counts under the weakest.

| | ${MARKS.join(' | ')} | all |
| --- |${' --- |'.repeat(MARKS.length + 1)}
${counts().join('\n')}

**You can settle a row that has the mark I or C.** Send the request of its last column to a stack of your own. Then open an issue with
the request and both responses, without their credentials. The row gets the mark R, and a patch changes the emulation if it differs.

## Profiles

Where the page and the service disagree, \`--profile\` decides which one wins:

| | \`compatible\` (default) | \`documented\` | \`live\` |
| --- | --- | --- | --- |
| GET one delivery token | \`token\` and \`tokens\` | \`tokens\` | \`token\` |
| PUT delivery token | \`notice\`, \`notice:\`, \`token\`, \`tokens\` | \`notice:\`, \`tokens\` | \`notice\`, \`token\` |
| DELETE delivery token | \`notice\` and \`notice:\` | \`notice:\` | \`notice\` |
| ... that has a preview token, without \`force=true\` | refused | refused | both are deleted |
| DELETE preview token | \`authtoken\` or \`authorization\` | both, as the page says | \`authtoken\` or \`authorization\` |
| \`expires_on\` in the past | accepted, as in the page's samples | accepted | refused |

The key \`notice:\`, with the colon, is the page's own.

## Calls

The failures of each call, as status, code and mark. The client is the official one that drives the call in the tests of this
project: the JavaScript client, the delivery SDK, or \`csdx\`. In addition, every call may return
${short(failures.filter(({ name }) => EVERYWHERE.includes(name)))}.

| call | failures | client |
| --- | --- | --- |
${routes.map((route) => row(`${route.method} \`${PREFIX}${route.path}\``, failuresOf(route), clientsOf(route).join(', '))).join('\n')}

## Failures

The words in brackets are the keys of \`errors\`. The marks are those of the status, the code and the body together, unless they name
a part.

| failure | message | marks | remark | how to settle it |
| --- | --- | --- | --- | --- |
${failures.map(({ id, words, known, note, settle }) => row(id, words, known, note, settle)).join('\n')}

An invalid request gets "OPERATION failed. Please try again." with the code of the operation, and the fields in \`errors\`. To settle a code,
send a request that the call refuses.

| operation | failure | mark |
| --- | --- | --- |
${codes.map(({ operation, id, mark }) => row(operation, id, mark)).join('\n')}

## Facts

${Object.entries(FACTS)
  .map(([heading, rows]) => factTable(heading, rows))
  .join('\n')}
## The program

These are properties of the emulation, and no claims about the service.

- SIGTERM ends the server within about two seconds, whatever is open. After \`mock.close()\` every method throws or rejects.
- A log that nobody reads buffers 4 MiB. Beyond that, lines are dropped, and a later line says how many.
- \`x-mock-reason\` and \`x-mock-profile\` are ours.
`
