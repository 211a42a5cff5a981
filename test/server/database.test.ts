import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createTokensMock, DatabaseError, type Fixture, FixtureError } from '../../src/index.ts'
import { NOW, reading } from '../databases/reading.ts'
import {
  API_KEY,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  managementScope,
  start,
} from '../support.ts'

/** A database file that a built-in fixture has filled. */
async function filled(t: Test, fixtures = 'empty'): Promise<string> {
  const database = join(t.testdir(), 'tokens.db')
  const mock = await createTokensMock({ database, fixtures })
  await mock.close()
  return database
}

async function stateOf(fixtures: string): Promise<Fixture> {
  await using mock = await createTokensMock({ fixtures })
  return mock.state()
}

function alter(database: string, sql: string): void {
  const db = new Database(database, { timeout: 0 })
  db.pragma('foreign_keys = OFF')
  db.exec(sql)
  db.close()
}

async function refusal(database: string): Promise<string> {
  try {
    const mock = await createTokensMock({ database })
    await mock.close()
    return 'not refused'
  } catch (error) {
    return error instanceof DatabaseError ? error.message : `no DatabaseError: ${String(error)}`
  }
}

t.test('a database file keeps the state, and a reset goes back to the fixture that filled it', async (t) => {
  const database = await filled(t, 'demo')
  const demo = (await stateOf('demo')).stacks.map(({ name }) => name)
  const mock = await createTokensMock({ database })
  t.strictSame(
    mock.state().stacks.map(({ name }) => name),
    demo,
  )
  t.strictSame(
    mock
      .world('other')
      .state()
      .stacks.map(({ name }) => name),
    demo,
    'which is what every world is made from',
  )
  mock.load(await stateOf('empty'))
  await mock.close()
  const again = await createTokensMock({ database, fixtures: 'demo' })
  t.strictSame(
    again.state().stacks.map(({ api_key }) => api_key),
    [API_KEY],
    'what was loaded is kept',
  )
  again.reset()
  t.strictSame(
    again.state().stacks.map(({ name }) => name),
    demo,
  )
  await again.close()
})

t.test('another fixture than the one that filled it is refused', async (t) => {
  const database = await filled(t, 'demo')
  const folder = t.testdirName
  const expected = (filler: string, asked: string, file: string) =>
    `The database ${file} was filled from the fixture ${filler}, not ${asked}. Delete the file, choose another one with --database, or omit --fixtures to keep its content.`
  await t.rejects(
    createTokensMock({ database, fixtures: 'empty' }),
    new DatabaseError(expected('demo', 'blank-stack', database)),
  )

  const fixture: Fixture = {
    organization: { name: 'Mine' },
    users: [{ email: 'me@example.com', password: 'x', first_name: '', last_name: '' }],
    stacks: [{ name: 'One', owner: 'me@example.com' }],
  }
  const [mine, copy] = [join(folder, 'mine.json'), join(folder, 'copy.json')]
  const other = join(folder, 'other.db')
  writeFileSync(mine, JSON.stringify(fixture))
  writeFileSync(copy, JSON.stringify(fixture, null, 2))
  const use = async (fixtures?: string | Fixture) => {
    await using mock = await createTokensMock({ database: other, ...(fixtures && { fixtures }) })
    mock.reset()
    return mock.state().organization.name
  }
  t.equal(await use(mine), 'Mine')
  t.equal(await use(copy), 'Mine', 'a file is told from others by its content')
  t.equal(await use(structuredClone(fixture)), 'Mine', 'and so is what a program gives')
  const changed = { ...fixture, organization: { name: 'Yours' } }
  await t.rejects(use(changed), new DatabaseError(expected(mine, 'given', other)))
  writeFileSync(mine, JSON.stringify(changed))
  await t.rejects(use(mine), new DatabaseError(expected(`an earlier version of ${mine}`, mine, other)))
  await t.rejects(use('empty'), new DatabaseError(expected(mine, 'blank-stack', other)))
  rmSync(mine)
  t.equal(await use(), 'Mine', 'the database has its own copy')
  alter(other, "UPDATE filled_by SET content = '{}'")
  await t.rejects(use(), FixtureError)
  alter(other, "UPDATE filled_by SET content = 'y'")
  await t.rejects(use(), /^The database has a row whose filled_by\.content cannot be read: /)
})

t.test('a database file belongs to one server', async (t) => {
  const database = await filled(t)
  const mock = await createTokensMock({ database })
  const inUse = `The database ${database} is in use by another server. Stop that one, or choose another file with --database.`
  t.equal(await refusal(database), inUse)
  t.equal(await refusal(database), inUse, 'a refused one lets go of nothing')
  t.throws(() => alter(database, 'DELETE FROM stacks'), { code: 'SQLITE_BUSY' })
  mock.reset()
  await mock.close()
  t.equal(await refusal(database), 'not refused')
})

t.test('a file that cannot be used is refused in one line, and not touched', async (t) => {
  const sound = await filled(t, 'demo')
  const folder = t.testdirName
  const damaged = (file: string, problem: string) =>
    `The database ${file} is damaged or not a database: ${problem}. Delete it, or choose another file with --database.`
  const cases: [name: string, prepare: (file: string) => void, message: (file: string) => string | RegExp][] =
    [
      [
        'text',
        (file) =>
          writeFileSync(
            file,
            'This is a text, not a database, and long enough to be seen as one. '.repeat(20),
          ),
        (file) => damaged(file, 'file is not a database'),
      ],
      [
        'cut off',
        (file) => writeFileSync(file, readFileSync(file).subarray(0, 20_000)),
        (file) => damaged(file, 'database disk image is malformed'),
      ],
      [
        'overwritten pages',
        (file) => writeFileSync(file, readFileSync(file).fill(0x55, 8192, 40_960)),
        () =>
          /^The database .+ is damaged or not a database: Tree \d+ page \d+: [^\n]+\. Delete it, or choose another file with --database\.$/,
      ],
      [
        'a table too few',
        (file) => alter(file, 'DROP TABLE messages'),
        (file) => damaged(file, 'its tables do not match its schema version'),
      ],
      [
        'another program',
        (file) => alter(file, 'PRAGMA application_id = 0; PRAGMA user_version = 1'),
        (file) => `The database ${file} belongs to another program. Use another file.`,
      ],
      [
        'a newer version',
        (file) => alter(file, 'PRAGMA user_version = 99'),
        (file) =>
          `The database ${file} has schema version 99; this version of contentstack-tokens-mock supports versions up to 2. Use a newer version, or another file.`,
      ],
    ]
  for (const [name, prepare, message] of cases) {
    const file = join(folder, `${name}.db`)
    copyFileSync(sound, file)
    prepare(file)
    const before = readFileSync(file)
    const expected = message(file)
    const said = await refusal(file)
    if (typeof expected === 'string') t.equal(said, expected, name)
    else t.match(said, expected, name)
    t.ok(readFileSync(file).equals(before), `${name} is not touched`)
  }
  t.equal(
    await refusal(folder),
    `Cannot open the database ${folder}: it is a folder; Docker creates one when the file to mount does not exist on the host.`,
  )
  const nowhere = join(folder, 'none', 'tokens.db')
  t.equal(await refusal(nowhere), `Cannot open the database ${nowhere}: there is no such file or folder.`)
  const long = join(folder, 'x'.repeat(300))
  t.match(await refusal(long), /^Cannot open the database .+: ENAMETOOLONG: [^\n]+\.$/)
  // Longer than SQLite takes, though a file could be made.
  const deep = join(folder, ...Array.from({ length: 3 }, () => 'x'.repeat(200)))
  mkdirSync(deep, { recursive: true })
  t.equal(
    await refusal(join(deep, 'tokens.db')),
    `Cannot open the database ${join(deep, 'tokens.db')}: unable to open database file.`,
  )
})

/** A server on a file, what it logs as an error, and a call. */
async function onFile(t: Test, prepare: (database: string) => void = () => {}) {
  const database = join(t.testdir(), 'tokens.db')
  const errors: string[] = []
  const logger = pino(
    { level: 'error' },
    { write: (line: string) => errors.push((JSON.parse(line) as { err: { message: string } }).err.message) },
  )
  const first = await start(t, { database })
  const created = (
    await first.call('POST', DELIVERY, { body: { token: { name: 'Kept', scope: deliveryScope() } } })
  ).body as { token: { uid: string } }
  await first.world.close()
  prepare(database)
  const mock = await start(t, { database, logger })
  return { mock, database, errors, uid: created.token.uid }
}

const UNEXPECTED = {
  error_message: 'The server met an unexpected condition. Its log says more.',
  error_code: 500,
}

for (const [how, harm] of [
  ['deleted', (file: string) => rmSync(file)],
  [
    'replaced',
    (file: string) => {
      writeFileSync(`${file}.new`, '')
      renameSync(`${file}.new`, file)
    },
  ],
] as const) {
  t.test(`a file that is ${how} while the server runs: nothing is said to be written`, async (t) => {
    const { mock, database, errors, uid } = await onFile(t)
    harm(database)
    const token = { name: 'Lost', scope: deliveryScope() }
    const login = { user: { email: 'owner@example.com', password: 'password' } }
    const writes = [
      ['POST', DELIVERY, { token }],
      ['PUT', `${DELIVERY}/${uid}`, { token }],
      ['DELETE', `${DELIVERY}/${uid}`],
      ['DELETE', '/v3/stacks'],
      ['DELETE', '/v3/user-session'],
      ['POST', '/v3/user-session', login],
      ['POST', '/_mock/reset'],
      ['PUT', '/_mock/state', mock.world.state()],
      ['DELETE', '/_mock/outbox'],
    ] as const
    for (const [method, path, body] of writes) {
      const answer = await mock.call(method, path, { ...(body && { body }) })
      t.strictSame([answer.status, answer.body], [500, UNEXPECTED], `${method} ${path}`)
    }
    t.strictSame(
      errors,
      writes.map(
        () =>
          `The database ${database} was deleted or replaced while the server ran, so nothing more is written to it. Restart the server.`,
      ),
    )
    t.match((await mock.call('GET', DELIVERY)).body, { tokens: [{ name: 'Kept' }] }, 'reads still see all')
    t.equal((await mock.call('POST', `/w/other${DELIVERY}`, { body: { token } })).status, 201, 'in memory')
  })
}

t.test('a row that cannot be read: 500 for the calls that need it', async (t) => {
  const { mock, errors, uid } = await onFile(t, (file) =>
    alter(file, "UPDATE delivery_tokens SET scope = 'y'"),
  )
  const put = await mock.call('PUT', `${DELIVERY}/${uid}`, { body: { token: { name: 'New' } } })
  t.strictSame([put.status, put.body], [500, UNEXPECTED])
  const environment = { name: 'renamed' }
  const renamed = await mock.call('PUT', `${ENVIRONMENTS}/production`, { body: { environment } })
  t.strictSame([renamed.status, renamed.body], [500, UNEXPECTED])
  t.equal(errors.length, 2)
  for (const error of errors)
    t.match(error, /^The database has a row whose delivery_tokens\.scope cannot be read: /)
  t.equal((await mock.call('GET', `${ENVIRONMENTS}/production`)).status, 200, 'the rename is undone')
  await mock.call('POST', '/_mock/reset')
  t.equal((await mock.call('GET', DELIVERY)).status, 200)
})

t.test('ids of a seed that are taken are passed over, the same ones each time', async (t) => {
  /** Everything that draws ids, and the ids. */
  const use = async (t: Test, mock: Awaited<ReturnType<typeof start>>, round: number) => {
    const call = async (method: string, path: string, body: object, headers = {}) => {
      const answer = await mock.call(method, path, { body, headers })
      t.ok(answer.status < 300, `${method} ${path}: ${answer.status}`)
      return JSON.stringify(answer.body).match(/\b(blt[0-9a-f]{16}|cs[0-9a-f]{24})\b/g) ?? []
    }
    const scope = [
      { module: 'environment', environments: ['production'], acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ]
    return [
      ...(await call(
        'POST',
        '/v3/stacks',
        { stack: { name: 'New' } },
        { organization_uid: 'blt1f4a90c7d2e6b835' },
      )),
      ...(await call('POST', '/v3/user-session', {
        user: { email: 'admin@example.com', password: 'password' },
      })),
      ...(await call('POST', ENVIRONMENTS, { environment: { name: `e${round}`, urls: [] } })),
      ...(await call('POST', `${DELIVERY}?create_with_preview_token=true`, {
        token: { name: `D${round}`, scope },
      })),
      ...(await call('POST', MANAGEMENT, { token: { name: 'M', scope: managementScope() } })),
    ]
  }
  const rounds = async (t: Test, database: string) => {
    const ids: string[][] = []
    const first = await start(t, { database, idSeed: 7 })
    ids.push(await use(t, first, 0))
    await first.world.close()
    const second = await start(t, { database, idSeed: 7 })
    ids.push(await use(t, second, 1))
    second.world.ids.restart(7)
    ids.push(await use(t, second, 2))
    second.world.ids.restart(8)
    ids.push(await use(t, second, 3))
    second.world.reset()
    ids.push(await use(t, second, 0))
    await second.world.close()
    return ids
  }
  const folder = t.testdir()
  const [first = [], second = [], third = [], other = [], afterReset] = await rounds(
    t,
    join(folder, 'one.db'),
  )
  const drawn = new Set(first.filter((id) => !second.includes(id) || !third.includes(id)))
  t.ok(drawn.size >= 10)
  for (const later of [second, third, other]) t.notOk(later.some((id) => drawn.has(id)))
  t.strictSame(afterReset, first)
  t.strictSame(await rounds(t, join(folder, 'two.db')), [first, second, third, other, first])
})

t.test('notices are found, marked and put in the outbox together, or not at all', async (t) => {
  const database = await filled(t)
  const api = await createTokensMock({ database })
  const headers = { api_key: API_KEY, authtoken: 'Your_Authtoken' }
  api.clock.set({ mode: 'frozen', now: '2026-01-01' })
  const { statusCode } = await api.inject({
    method: 'POST',
    url: MANAGEMENT,
    headers,
    payload: {
      token: {
        name: 'CI',
        scope: managementScope(),
        expires_on: '2026-02-01',
        is_email_notification_enabled: true,
      },
    },
  })
  t.equal(statusCode, 201)
  await api.close()
  // A second token that falls due after the first, in a stack that is not there.
  alter(
    database,
    `INSERT INTO management_tokens (api_key, uid, name, description, scope, expires_on, is_email_notification_enabled,
       notice_due_at, token, created_by, updated_by, created_at, updated_at, body)
     SELECT 'nowhere', uid, name, description, scope, '2026-02-02', 1, notice_due_at + 1, token, created_by, updated_by,
       created_at, updated_at, body FROM management_tokens`,
  )
  const logged: { msg: string }[] = []
  const logger = pino({ level: 'error' }, { write: (line) => logged.push(JSON.parse(line)) })
  const mock = await createTokensMock({ database, logger, clock: { now: () => Date.parse('2026-01-30') } })
  t.strictSame(
    logged.map(({ msg }) => msg),
    ['notices not sent'],
  )
  await mock.close()
  const kept = new Database(database)
  t.strictSame(kept.prepare('SELECT notice_sent_for FROM management_tokens').pluck().all(), [null, null])
  t.equal(kept.prepare('SELECT count(*) FROM messages').pluck().get(), 0)
  kept.close()
})

t.test('a restart on a file shifts no duration', async (t) => {
  const database = join(t.testdir(), 'tokens.db')
  const fixture = await stateOf('empty')
  const [stack] = fixture.stacks
  if (stack) stack.management_tokens = [{ name: 'CI', scope: managementScope(), expires_on: 'P7D' }]
  const expiry = async (now: string, reset = false) => {
    await using mock = await createTokensMock({
      database,
      fixtures: fixture,
      clock: { now: () => Date.parse(now) },
    })
    if (reset) mock.reset()
    return mock.state().stacks[0]?.management_tokens?.[0]?.expires_on
  }
  t.equal(await expiry('2026-01-01'), '2026-01-08T00:00:00.000Z')
  t.equal(await expiry('2026-01-03'), '2026-01-08T00:00:00.000Z')
  t.equal(await expiry('2026-01-03', true), '2026-01-10T00:00:00.000Z')
})

t.test('empty is the old name of blank-stack, also for a database that it filled', async (t) => {
  const database = await filled(t, 'empty')
  const stacks = async (fixtures?: string) => {
    await using mock = await createTokensMock({ database, fixtures })
    mock.reset()
    return mock.state().stacks.map(({ name }) => name)
  }
  t.strictSame(await stacks('blank-stack'), ['Empty'])
  alter(database, "UPDATE filled_by SET name = 'empty'")
  for (const fixtures of [undefined, 'empty', 'blank-stack']) t.strictSame(await stacks(fixtures), ['Empty'])
})

t.test('a database of an earlier version reads as it did, and can be written', async (t) => {
  const folder = new URL('../databases/', import.meta.url)
  const versions = readdirSync(folder).filter((file) => file.endsWith('.db'))
  t.ok(versions.includes('1.db'))
  for (const version of versions) {
    const database = join(t.testdir(), version)
    copyFileSync(new URL(version, folder), database)
    const kept = JSON.parse(readFileSync(new URL(version.replace('.db', '.json'), folder), 'utf8'))
    const open = () => createTokensMock({ database, clock: { now: () => Date.parse(NOW) } })
    const mock = await open()
    t.strictSame(await reading(mock), kept, version)
    const { stacks } = mock.state()
    const renamed = await mock.inject({
      method: 'PUT',
      url: '/v3/stacks',
      headers: { api_key: API_KEY, authtoken: 'Your_Authtoken' },
      payload: { stack: { name: 'Renamed' } },
    })
    t.equal(renamed.statusCode, 200)
    await mock.close()
    const again = await open()
    t.strictSame(
      again.state().stacks.map(({ name }) => name),
      ['Renamed', ...stacks.slice(1).map(({ name }) => name)],
    )
    again.reset()
    t.strictSame(again.state(), await stateOf('documentation'), 'a reset goes back to the fixture')
    await again.close()
  }
})
