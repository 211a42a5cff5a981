import type { FastifyPluginAsync } from 'fastify'
import { type ControlAccess, refuseForeign } from '../control/guard.ts'
import { worldPrefixOf } from '../server/world-prefix.ts'
import type { PageFile } from './files.ts'

/** Where the console is. */
export const CONSOLE = '/_mock/console'

/** Where a browser that opens the server's address is led; it redirects to the console. */
export const HOME = `${CONSOLE}/home`

// The page shows names and values that anyone may have sent, so nothing but its own files may run.
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A newer version of this server may listen at the same address.
  'cache-control': 'no-store',
}

const FILES = { '/': 'index.html', '/app.js': 'app.js', '/app.css': 'app.css', '/icon.svg': 'icon.svg' }

export interface ConsoleOptions {
  /** Who may call the control API. */
  access: ControlAccess
}

/**
 * The page that shows a world to a person. It holds no data, so it needs no control token: it asks the user for the token,
 * and sends it with its calls of the control API.
 */
export const consolePage: FastifyPluginAsync<ConsoleOptions> = async (app, { access }) => {
  app.addHook('onRequest', refuseForeign(access))
  app.get('/home', async function openConsole(request, reply) {
    return reply.redirect(`${worldPrefixOf(request.originalUrl)}${CONSOLE}`)
  })
  let loaded: Promise<Record<string, PageFile>> | undefined
  for (const [url, name] of Object.entries(FILES)) {
    app.get(url, async function sendFile(request, reply) {
      // Imported at the first request, so that the start of the server does not wait for it.
      loaded ??= import('./files.ts').then(({ loadFiles }) => loadFiles(Object.values(FILES)))
      const { type, content, zipped } = (await loaded)[name] as PageFile
      reply.headers(HEADERS).type(type)
      if (!/\bgzip\b/.test(String(request.headers['accept-encoding']))) return reply.send(content)
      return reply.header('content-encoding', 'gzip').send(zipped)
    })
  }
}
