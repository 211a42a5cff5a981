import type { Config } from './config.ts'
import type { TokensMock } from './index.ts'

/** What a person wants to know first: where the server listens, its profile, and a call to each stack. */
export function ready(
  mock: Pick<TokensMock, 'url' | 'tlsUrl' | 'authority' | 'state'>,
  { profile, database }: Pick<Config, 'profile' | 'database'>,
) {
  const { url, tlsUrl, authority } = mock
  const { users, stacks } = mock.state()
  const rows = stacks.map(({ name, api_key: apiKey = '', owner }) => {
    // A fixture's authtoken is sample data, there to be shown.
    const authtoken = users.find((user) => user.email === owner)?.authtokens?.[0]
    const curl = `curl -H 'api_key: ${apiKey}' -H 'authtoken: ${authtoken ?? '...'}' ${url}/v3/stacks/delivery_tokens`
    return { name, api_key: apiKey, curl }
  })
  const text = [
    '',
    `  contentstack-tokens-mock listens on ${url}${tlsUrl ? ` and ${tlsUrl}` : ''}`,
    ...(authority ? [`  for HTTPS, clients have to trust ${authority.file}`] : []),
    `  profile ${profile}, database ${database}; stop with Ctrl-C`,
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
      profile,
      database,
      stacks: rows,
    },
  }
}
