import type { Fixture } from '../fixtures/schema.ts'

/** The credentials of the stack that the target's is compared with. */
export const MOCK_CREDENTIALS = {
  api_key: 'blt7c1e04b95fa82d36',
  authtoken: 'verify_authtoken',
  management_token_value: 'verify_management_token',
}

const environmentEntry = { module: 'environment', environments: ['production'], acl: { read: true } }
const branchEntry = { module: 'branch', branches: ['main', 'next'], acl: { read: true } }
const aliasEntry = { module: 'branch_alias', branch_aliases: ['current'], acl: { read: true } }
const moduleEntry = { module: '$all', acl: { read: true, write: true } }

/** A stack that has each kind of what a stack may have, so that keys that only some resources have count as optional. */
export const VERIFY_FIXTURE: Fixture = {
  organization: { name: 'Verify' },
  users: [
    {
      email: 'owner@example.com',
      password: 'password',
      first_name: 'Olivia',
      last_name: 'Owner',
      authtokens: [MOCK_CREDENTIALS.authtoken],
    },
  ],
  stacks: [
    { api_key: 'blt3d59f0a6e7b1c284', name: 'Without a description', owner: 'owner@example.com' },
    {
      api_key: MOCK_CREDENTIALS.api_key,
      name: 'Verify',
      description: 'The stack that a target is compared with.',
      owner: 'owner@example.com',
      environments: [
        {
          name: 'production',
          urls: [{ locale: 'en-us', url: 'https://www.example.com' }],
          deploy_content: false,
          servers: [],
        },
      ],
      branches: [{ uid: 'main' }, { uid: 'next', source: 'main' }],
      branch_aliases: [{ alias: 'current', branch: 'main' }],
      delivery_tokens: [
        { name: 'Plain', scope: [environmentEntry, branchEntry] },
        { name: 'Full', scope: [environmentEntry, branchEntry, aliasEntry], preview_token: true },
      ],
      management_tokens: [
        { name: 'Plain', scope: [moduleEntry, branchEntry], token: MOCK_CREDENTIALS.management_token_value },
        {
          name: 'Full',
          scope: [moduleEntry, branchEntry, aliasEntry],
          expires_on: '2099-12-31',
          rate_limit_enabled: true,
        },
      ],
    },
  ],
}
