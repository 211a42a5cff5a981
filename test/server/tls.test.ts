import { execFile, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get, type RequestOptions } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createTokensMock, type TokensMock, UserError } from '../../src/index.ts'
import { createAuthority, createServerCertificate } from '../../src/server/tls/certificates.ts'
import { localAuthority } from '../../src/server/tls/local-authority.ts'

const start = (t: Test, tls: object = {}, dataDirectory = join(t.testdirName, 'data')) =>
  createTokensMock({ tls: { dataDirectory, ...tls } })

/** A request over HTTPS by a client that trusts `ca` and nothing else. */
async function ask({ tlsUrl }: TokensMock, path: string, ca: string, options: RequestOptions = {}) {
  const { port } = new URL(tlsUrl ?? '')
  const request = get({ host: '127.0.0.1', port, path, ca, servername: 'localhost', ...options })
  const [response] = await once(request, 'response')
  const peer = (response.socket as TLSSocket).getPeerCertificate(true)
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    body: await text(response),
    peer,
  }
}

const pem = (peer: PeerCertificate) => new X509Certificate(peer.raw)

t.test('serves HTTPS beside HTTP, by a local authority that is kept', async (t) => {
  t.testdir()
  await using mock = await start(t, { hosts: ['api.contentstack.io', '192.0.2.7'] })
  const { cert, file } = mock.authority ?? { cert: '', file: '' }
  t.equal(readFileSync(file, 'utf8'), cert)
  t.equal((await fetch(`${mock.url}/_mock/health`)).status, 200)
  const answer = await ask(mock, '/_mock/ca.pem', cert)
  t.equal(answer.status, 200)
  t.equal(answer.type, 'application/x-pem-file')
  t.equal(answer.body, cert)
  t.equal(await (await fetch(`${mock.url}/_mock/ca.pem`)).text(), cert)
  t.match((await ask(mock, '/v3/user', cert)).body, '"error_code":105')

  const certificate = pem(answer.peer)
  for (const name of ['localhost', hostname(), 'api.contentstack.io'])
    t.equal(certificate.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '192.0.2.7']) t.ok(certificate.checkIP(address), address)
  t.equal(certificate.checkHost('example.com'), undefined)
  await t.rejects(ask(mock, '/', cert, { servername: 'example.com' }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })

  await using again = await start(t)
  t.equal(again.authority?.cert, cert, 'the authority stays')
  const other = pem((await ask(again, '/_mock/health', cert)).peer)
  t.not(other.serialNumber, certificate.serialNumber, 'the certificate is made anew')
})

t.test('Node trusts two authorities that are in one file', async (t) => {
  const folder = t.testdir()
  await using mock = await start(t, {}, join(folder, 'mine'))
  await using other = await start(t, {}, join(folder, 'other'))
  // As the page has it: a file that ends without a newline, and the authority of this server.
  const file = join(folder, 'both.pem')
  writeFileSync(file, `${other.authority?.cert.trim()}\n\n${mock.authority?.cert}`)
  const script = `
    for (const url of process.argv.slice(1)) {
      const { status } = await fetch(url + '/_mock/health').catch(({ cause }) => ({ status: cause.code }))
      console.log(status)
    }`
  const asked = async (NODE_EXTRA_CA_CERTS: string) => {
    const args = ['--input-type=module', '-e', script, mock.tlsUrl ?? '', other.tlsUrl ?? '']
    const env = { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS }
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    return stdout
  }
  t.equal(await asked(file), '200\n200\n')
  t.equal(await asked(mock.authority?.file ?? ''), '200\nUNABLE_TO_VERIFY_LEAF_SIGNATURE\n')
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

t.test('strict clients take the certificates', { skip: !hasOpenssl && 'no openssl here' }, async (t) => {
  const authority = await createAuthority()
  const server = await createServerCertificate(authority, ['localhost', '::1'])
  const folder = t.testdir({ 'ca.pem': authority.cert, 'server.pem': server.cert })
  const files = ['-CAfile', join(folder, 'ca.pem'), join(folder, 'server.pem')]
  const { stdout } = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', ...files])
  t.match(String(stdout), /server\.pem: OK/)
})

t.test("takes a certificate of the user's", async (t) => {
  const authority = await createAuthority()
  const server = await createServerCertificate(authority, ['localhost'])
  const folder = t.testdir({ 'cert.pem': server.cert, 'key.pem': server.key, 'nonsense.pem': 'nonsense' })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await using mock = await start(t, { cert, key })
  t.equal((await ask(mock, '/_mock/health', authority.cert)).status, 200)
  t.equal(mock.authority, undefined)
  const none = await ask(mock, '/_mock/ca.pem', authority.cert)
  t.equal(none.status, 404)
  t.strictSame(JSON.parse(none.body), {
    error_message: 'There is no local certificate authority: HTTPS is off or uses your own certificate.',
    error_code: 404,
  })
  await t.rejects(
    start(t, { cert, key: join(folder, 'none.pem') }),
    /^Cannot read .*none\.pem: there is no such file or folder\.$/,
  )
  await t.rejects(start(t, { cert, key: join(folder, 'nonsense.pem') }), {
    message: /^Cannot use the TLS certificate and key: /,
  })
  const other = await createServerCertificate(authority, ['localhost'])
  writeFileSync(join(folder, 'other.pem'), other.key)
  await t.rejects(start(t, { cert, key: join(folder, 'other.pem') }), {
    message: 'Cannot use the TLS certificate and key: they do not belong together.',
  })
  await t.rejects(start(t, { cert }), { message: 'Pass both a TLS certificate and its key, or neither.' })
})

t.test('names for the certificate', async (t) => {
  t.testdir()
  for (const name of [
    'a b',
    'https://x',
    'x\n',
    '',
    'fe80::1%lo',
    '*.1.2.3.4',
    `${'x'.repeat(64)}.example`,
    'ünï.de',
  ])
    await t.rejects(start(t, { hosts: [name] }), {
      message: `'${name}' is neither a host name nor an IP address.`,
    })
  await using mock = await start(t, { hosts: ['*.example.com', '::2', 'a_b.example'] })
  t.ok(mock.tlsUrl)
})

t.test('closes at once, also with a connection that says nothing', async (t) => {
  t.testdir()
  const mock = await start(t)
  const socket = connectTcp(Number(new URL(mock.tlsUrl ?? '').port), '127.0.0.1')
  await once(socket, 'connect')
  // Until the server has seen it, too.
  await ask(mock, '/_mock/health', mock.authority?.cert ?? '')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  await mock.close()
  await closed
})

t.test('an authority that ends soon, or whose folder cannot be used', async (t) => {
  const days = 24 * 60 * 60 * 1000
  const old = await createAuthority(Date.now() - 3300 * days)
  const folder = t.testdir({
    old: { ca: { 'ca.pem': old.cert, 'authority.pem': `${old.key}${old.cert}`, 'notes.txt': 'mine' } },
    broken: { ca: { 'ca.pem': 'nonsense', 'authority.pem': 'nonsense' } },
    foreign: { ca: { 'ca.pem': old.cert, 'ca-key.pem': old.key } },
    taken: { ca: 'a file' },
  })
  const renewed = await localAuthority(join(folder, 'old'))
  t.not(renewed.cert, old.cert)
  t.equal((await localAuthority(join(folder, 'old'))).cert, renewed.cert)
  t.equal(readFileSync(join(folder, 'old/ca/ca.pem'), 'utf8'), renewed.cert)
  t.strictSame(readdirSync(join(folder, 'old/ca')).sort(), ['authority.pem', 'ca.pem', 'notes.txt'])
  for (const name of ['broken', 'foreign', 'taken', 'taken/ca/below']) {
    await t.rejects(localAuthority(join(folder, name)), UserError, name)
    await t.rejects(localAuthority(join(folder, name)), /See --data-directory\.$/, name)
  }
  t.equal(readFileSync(join(folder, 'foreign/ca/ca.pem'), 'utf8'), old.cert, 'what is not ours stays')
  process.env['HOME'] = folder
  t.equal((await localAuthority('~/a/b')).file, join(folder, 'a', 'b', 'ca', 'ca.pem'))
  process.env['HOME'] = join(folder, '$&')
  t.equal((await localAuthority('~\\c')).file, join(`${folder}/$&\\c`, 'ca', 'ca.pem'))
})

t.test('two that make an authority at the same time have the same one', async (t) => {
  const folder = t.testdir()
  const [one, two] = await Promise.all([localAuthority(folder), localAuthority(folder)])
  t.equal(one.cert, two.cert)
  t.strictSame(readdirSync(join(folder, 'ca')).sort(), ['authority.pem', 'ca.pem'], 'no draft is left')
})

t.test('a port that is taken stops what has been started', async (t) => {
  t.testdir()
  await using mock = await start(t)
  const port = Number(new URL(mock.tlsUrl ?? '').port)
  await t.rejects(start(t, { port }), { code: 'EADDRINUSE' })
})

t.test('what is not HTTP inside TLS, and an unknown expectation', async (t) => {
  t.testdir()
  await using mock = await start(t)
  const { port } = new URL(mock.tlsUrl ?? '')
  const ca = mock.authority?.cert ?? ''
  const send = async (request: string) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, servername: 'localhost' })
    socket.write(request)
    return text(socket)
  }
  t.match(await send('nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*The request could not be understood\./s)
  const head = 'GET /v3/user HTTP/1.1\r\nexpect: wonders\r\nconnection: close\r\n\r\n'
  t.match(await send(head), /^HTTP\/1\.1 401 /)
})

t.test('a data directory that cannot be made', async (t) => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'data'), '')
  for (const place of [join(folder, 'data'), join(folder, 'data', 'deeper'), '/proc/none'])
    await t.rejects(start(t, {}, place), /^Cannot store the local certificate authority in /)
})
