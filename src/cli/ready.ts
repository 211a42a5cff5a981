import type { Fixture, TokensMock } from '../index.ts'
import { PROFILE_HINTS } from '../rules/profiles.ts'
import { retryNotice } from '../rules/retries.ts'
import { urlOfWorld } from '../server/world-prefix.ts'
import type { Config } from './settings.ts'

/**
 * Announces where the server listens, its profile, and a sample call for each stack.
 *
 * @param onError called if the stacks cannot be read; the server still starts, so that a reset is possible
 */
export function ready(
  mock: Pick<TokensMock, 'url' | 'tlsUrl' | 'authority' | 'state'>,
  {
    profile,
    database,
    rateLimit,
    requireWorld,
    console,
  }: Pick<Config, 'profile' | 'database' | 'rateLimit' | 'requireWorld' | 'console'>,
  onError: (error: unknown) => void,
) {
  const { url, tlsUrl, authority } = mock
  let { users, stacks }: Pick<Fixture, 'users' | 'stacks'> = { users: [], stacks: [] }
  try {
    ;({ users, stacks } = mock.state())
  } catch (error) {
    onError(error)
  }
  // The authtoken of a fixture is sample data, so it may be shown.
  const authtokenOf = (email: string) => users.find((user) => user.email === email)?.authtokens?.[0]
  const base = requireWorld ? urlOfWorld(url, 'one') : url
  const rows = stacks.map(({ name, api_key: apiKey = '', owner }) => {
    const authtoken = authtokenOf(owner)
    const curl = `curl -H 'api_key: ${apiKey}' -H 'authtoken: ${authtoken ?? '...'}' ${base}/v3/stacks/delivery_tokens`
    return { name, api_key: apiKey, curl }
  })
  const [first] = stacks
  const credentials = [
    ...(first ? [{ email: first.owner, role: 'owner' }] : []),
    ...(first?.members ?? []),
  ].flatMap(({ email, role }) => {
    const authtoken = authtokenOf(email)
    return authtoken ? [`${role} ${authtoken}`] : []
  })
  const notice = rateLimit === undefined ? undefined : retryNotice([{ status: 429 }], tlsUrl ?? url)
  const text = [
    '',
    `  contentstack-tokens-mock listens on ${url}${tlsUrl ? ` and ${tlsUrl}` : ''}`,
    ...(authority ? [`  for HTTPS, clients must trust ${authority.file}`] : []),
    ...(console ? [`  console ${url}/_mock/console`] : []),
    `  profile ${profile}: ${PROFILE_HINTS[profile]}`,
    ...(notice ? [`  ${notice}`] : []),
    `  database ${database}; stop with Ctrl-C`,
    ...(credentials.length > 0 ? ['', `  authtokens of ${first?.name}: ${credentials.join(', ')}`] : []),
    ...rows.flatMap(({ name, api_key: apiKey, curl }) => ['', `  ${name} (${apiKey})`, `    ${curl}`]),
    '',
    '',
  ].join('\n')
  return {
    text,
    fields: {
      url,
      ...(tlsUrl && { tlsUrl }),
      ...(authority && { authority: authority.file }),
      ...(console && { console: `${url}/_mock/console` }),
      profile,
      ...(notice && { notice }),
      database,
      stacks: rows,
    },
  }
}
