// Makes docs/differences.md from the code and from facts.ts: `npm run evidence`.

import { readFileSync } from 'node:fs'
import { ownFailures } from '../../src/api/document.ts'
import type { Route } from '../../src/api/route.ts'
import { PREFIX } from '../../src/api/routes.ts'
import { tables } from '../../src/app.ts'
import { BODY_LIMIT, DEPTH_LIMIT } from '../../src/rules/caps.ts'
import * as errors from '../../src/rules/errors.ts'
import { FACTS, MARKS, type Mark } from './facts.ts'

const routes = tables.flatMap((table) => table.routes)

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
  previewTokenExists: { failures: [errors.previewTokenExists()], settle: 'POST a preview token twice.' },
  noPreviewToken: { failures: [errors.noPreviewToken()], settle: 'DELETE a preview token twice.' },
  previewTokenLinked: {
    failures: [errors.previewTokenLinked()],
    settle: 'DELETE a delivery token that has a preview token.',
  },
  tokenCapReached: {
    failures: [errors.tokenCapReached('Delivery Token', 20), errors.tokenCapReached('Management Token', 10)],
    settle: 'Create one token more than the plan allows.',
  },
  rateLimitExceeded: { failures: [errors.rateLimitExceeded()] },
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
  branchDenied: { failures: [errors.branchDenied('x'), errors.branchDenied('x', '', 'branch alias')] },
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

/** A failure in words, with the keys of its fields. */
function described(failure: errors.ApiError): { id: string; words: string } {
  const { error_message: message, errors: fields = {} } = failure.body()
  const keys = Object.keys(fields).join(', ')
  return {
    id: `${failure.status}/${failure.code ?? '-'}`,
    words: keys === '' ? message : `${message} (${keys})`,
  }
}

/** Each failure, its marks and the weakest of them. */
const failures = (Object.entries(SAMPLES) as [FailureName, Sample][]).flatMap(
  ([name, { failures, settle = '' }]) => {
    const { marks, note } = commentOf(name)
    return failures.map((failure, i) => {
      const known = marks[i] ?? (marks.at(-1) as string)
      const mark = weakest(known)
      const isOpen = mark === 'I' || mark === 'C'
      return { ...described(failure), name, mark, known, note, settle: isOpen ? settle : '' }
    })
  },
)

/** Without the names that a message quotes. */
const shapeOf = (words: string) => words.replaceAll(/'[^']*'/g, "'x'")

/** A failure with its mark: its own, or that of the code of its operation. */
function marked(failure: errors.ApiError): { id: string; mark: Mark } {
  const { id, words } = described(failure)
  const found =
    failures.find((other) => other.id === id && shapeOf(other.words) === shapeOf(words)) ??
    codes.find(({ operation }) => words.startsWith(`${operation} failed.`))
  if (!found) throw new Error(`Nothing says how the failure ${id} is known: ${words}`)
  return { id, mark: found.mark }
}

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
Or run [\`verify\`](verify.md) against a stack: it compares the service with the profile \`live\`, changes nothing, and reports no values.
Each of its scenarios that tests an inferred or chosen failure says which one it settles.

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
${routes.map((route) => row(`${route.method} \`${PREFIX}${route.path}\``, short(ownFailures(route).map(marked)), clientsOf(route).join(', '))).join('\n')}

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
