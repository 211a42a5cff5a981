// Runs commands as a user's shell would, for the scripts that install and use the package outside the checkout.
import { exec } from 'node:child_process'
import { promisify } from 'node:util'

/** How long one command may take, in milliseconds. */
const TIMEOUT = 900_000

export const env = {
  ...process.env,
  NO_COLOR: '1',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_prefer_offline: 'true',
  // `npm run -s` would silence the warnings of the commands, too.
  npm_config_loglevel: 'notice',
  npm_config_update_notifier: 'false',
}
// `npm run` sets these for the checkout, but each folder is a project of its own.
for (const name of Object.keys(env)) if (/^npm_(package_|config_local_prefix$)/.test(name)) delete env[name]
// It would override NO_COLOR.
delete env.FORCE_COLOR

/** Runs a command in a folder. Returns what it prints. */
export const run = (command, cwd, more = {}) =>
  promisify(exec)(command, { cwd, env: { ...env, ...more }, timeout: TIMEOUT, maxBuffer: 2 ** 24 })
