import { expected, misses, reads, refuses, type Scenario } from './scenario.ts'

/** Has the form of a uid, and belongs to nothing. */
const NO_UID = 'blt0000000000000000'
/** Has the form of a name of branches, aliases and environments, and belongs to nothing. */
const NO_NAME = 'tokens_mock_no'
/** The name in requests that the service refuses. Whoever finds a token of this name knows who sent it. */
const NAME = 'contentstack-tokens-mock verify'

const DELIVERY = '/stacks/delivery_tokens'
const MANAGEMENT = '/stacks/management_tokens'
const ENVIRONMENTS = '/environments'
const BRANCHES = '/stacks/branches'
const ALIASES = '/stacks/branch_aliases'

const environmentEntry = { module: 'environment', environments: ['{environment}'], acl: { read: true } }
const branchEntry = { module: 'branch', branches: ['{branch}'], acl: { read: true } }
const deliveryScope = [environmentEntry, branchEntry]
const managementScope = [{ module: 'content_type', acl: { read: true } }, branchEntry]

const token = (fields: object) => ({ token: fields })

/** What only some tokens have; the rest of a scope depends on its entries. */
const ofScope = (path: string) => [
  `${path}/scope/*/environments`,
  `${path}/scope/*/environments/*/deploy_content`,
  `${path}/scope/*/environments/*/servers`,
  `${path}/scope/*/environments/*/urls/*/url`,
  `${path}/scope/*/environments/*/urls/*/locale`,
  `${path}/scope/*/branches`,
  `${path}/scope/*/branch_aliases`,
  // Absent or null in a token from before the service added it (page).
  `${path}/scope/*/_metadata`,
  `${path}/scope/*/acl/read`,
  `${path}/scope/*/acl/write`,
]
const ofDeliveryToken = (path: string) => [...ofScope(path), `${path}/preview_token`]
const ofManagementToken = (path: string) => [
  ...ofScope(path),
  `${path}/expires_on`,
  `${path}/rate_limit_enabled`,
]
const ofEnvironment = (path: string) => [`${path}/urls/*/url`, `${path}/urls/*/locale`]
const openInStack = (path: string) => [`${path}/settings`, `${path}/discrete_variables`, `${path}/SYS_ACL`]

const credentials: Scenario[] = [
  reads('api-key-missing', DELIVERY, expected(412, 'A'), { headers: { api_key: null } }),
  reads('api-key-unknown', DELIVERY, expected(412, 'A'), { headers: { api_key: NO_UID } }),
  reads('api-key-before-authtoken', DELIVERY, expected(412, 'A'), {
    headers: { api_key: null, authtoken: null },
  }),
  reads('api-key-unknown-on-stack', '/stacks', expected(422, 'A', 'I'), {
    headers: { api_key: NO_UID },
    settles: 'stackNotFound',
  }),
  reads('authtoken-missing', DELIVERY, expected(401, 'A'), { headers: { authtoken: null } }),
  reads('authtoken-unknown', DELIVERY, expected(401, 'A'), { headers: { authtoken: NO_UID } }),
  reads('authtoken-missing-for-user', '/user', expected(401, 'A'), { headers: { authtoken: null } }),
  reads('management-token-unknown', ENVIRONMENTS, expected(401, 'A', 'D'), {
    headers: { authtoken: null, authorization: 'cs000000000000000000000000' },
  }),
  reads('management-token-unknown-beside-authtoken', ENVIRONMENTS, expected(401, 'C'), {
    headers: { authorization: 'cs000000000000000000000000' },
    settles: 'both credentials',
  }),
  reads('management-token-unknown-on-tokens', `${DELIVERY}?limit=10`, expected(200, 'I', 'R'), {
    headers: { authorization: 'cs000000000000000000000000' },
    settles: 'both credentials',
    optional: ofDeliveryToken('/tokens/*'),
  }),
  reads('bearer-unknown', ENVIRONMENTS, expected(401, 'I'), {
    headers: { authtoken: null, authorization: 'Bearer 0000' },
    settles: 'notLoggedIn',
  }),
  reads('bearer-unknown-beside-authtoken', ENVIRONMENTS, expected(401, 'I'), {
    headers: { authorization: 'Bearer 0000' },
    settles: 'both credentials',
  }),
  reads('management-token', `${ENVIRONMENTS}?limit=1`, expected(200, 'A', 'R'), {
    headers: { authtoken: null, authorization: '{management_token_value}' },
    optional: ofEnvironment('/environments/*'),
  }),
  reads('management-token-as-bearer', ENVIRONMENTS, expected(401, 'A', 'D'), {
    headers: { authtoken: null, authorization: 'Bearer {management_token_value}' },
  }),
  reads('management-token-on-tokens', DELIVERY, expected(401, 'D', 'I'), {
    headers: { authtoken: null, authorization: '{management_token_value}' },
    settles: 'notLoggedIn',
  }),
  reads('management-token-beside-unknown-authtoken', `${ENVIRONMENTS}?limit=1`, expected(200, 'I', 'R'), {
    headers: { authtoken: NO_UID, authorization: '{management_token_value}' },
    settles: 'both credentials',
    optional: ofEnvironment('/environments/*'),
  }),
  refuses('login-without-body', '/user-session', 'A', expected(422, 'A'), {
    headers: { api_key: null, authtoken: null },
    body: {},
  }),
]

const stack: Scenario[] = [
  reads('stack', '/stacks', expected(200, 'R'), {
    finds: { organization: '/stack/org_uid' },
    optional: ['/stack/description'],
    open: openInStack('/stack'),
  }),
  reads('stacks', '/stacks?limit=10', expected(200, 'R'), {
    headers: { api_key: null },
    open: openInStack('/stacks/*'),
  }),
  reads('stack-settings', '/stacks/settings', expected(200, 'A'), { open: ['/stack_settings'] }),
  reads('user', '/user?include_orgs_roles=true', expected(200, 'A'), {
    headers: { api_key: null },
    optional: ['/user/organizations/*/org_roles'],
  }),
  reads('organizations', '/organizations?limit=10', expected(200, 'A'), {
    headers: { api_key: null },
    optional: ['/organizations/*/owner'],
  }),
  reads('organization', '/organizations/{organization}?include_plan=true', expected(200, 'R'), {
    headers: { api_key: null },
    optional: ['/organization/owner', '/organization/plan'],
  }),
  reads('organization-unknown', `/organizations/${NO_UID}`, expected(422, 'C'), {
    headers: { api_key: null },
    settles: 'organizationNotFound',
  }),
  reads('locales', '/locales?limit=10&include_count=true', expected(200, 'D'), {
    optional: ['/locales/*/fallback_locale'],
  }),
  reads('locale-unknown', `/locales/${NO_NAME}`, expected(422, 'C'), { settles: 'Locale fetch' }),
]

const environments: Scenario[] = [
  reads('environments', `${ENVIRONMENTS}?limit=10&include_count=true`, expected(200, 'R', 'A'), {
    finds: { environment: '/environments/0/name', environment_uid: '/environments/0/uid' },
    optional: ofEnvironment('/environments/*'),
  }),
  reads('environment', `${ENVIRONMENTS}/{environment}`, expected(200, 'R'), {
    optional: ofEnvironment('/environment'),
  }),
  reads('environment-by-uid', `${ENVIRONMENTS}/{environment_uid}`, expected(422, 'R')),
  reads('environment-unknown', `${ENVIRONMENTS}/${NO_NAME}`, expected(422, 'R')),
  misses('environment-update-unknown', 'PUT', `${ENVIRONMENTS}/${NO_NAME}`, expected(422, 'R'), {
    body: { environment: { urls: [] } },
  }),
  misses('environment-deletion-unknown', 'DELETE', `${ENVIRONMENTS}/${NO_NAME}`, expected(422, 'R')),
  refuses('environment-name-missing', ENVIRONMENTS, 'A', expected(422, 'A', 'C'), {
    body: { environment: { urls: [] } },
    settles: 'Environment creation',
  }),
  refuses('environment-name-with-space', ENVIRONMENTS, 'A', expected(422, 'A', 'C'), {
    body: { environment: { name: NAME, urls: [] } },
    settles: 'Environment creation',
  }),
  refuses('environment-name-taken', ENVIRONMENTS, 'R', expected(422, 'R'), {
    body: { environment: { name: '{environment}', urls: [] } },
  }),
]

const branches: Scenario[] = [
  reads('branches', `${BRANCHES}?limit=10`, expected(200, 'R', 'D'), {
    finds: { branch: '/branches/0/uid' },
  }),
  reads('branch', `${BRANCHES}/{branch}`, expected(200, 'R', 'D')),
  reads('branch-unknown', `${BRANCHES}/${NO_NAME}`, expected(422, 'I', 'A'), {
    needs: ['branch'],
    settles: 'branchNotFound',
  }),
  misses('branch-deletion-unknown', 'DELETE', `${BRANCHES}/${NO_NAME}`, expected(422, 'I', 'A'), {
    needs: ['branch'],
    settles: 'branchNotFound',
  }),
  refuses('branch-uid-taken', BRANCHES, 'A', expected(422, 'I', 'A'), {
    body: { branch: { uid: '{branch}', source: '{branch}' } },
    settles: 'branchExists',
  }),
  refuses('branch-uid-invalid', BRANCHES, 'A', expected(422, 'I', 'A'), {
    body: { branch: { uid: NAME, source: '{branch}' } },
    settles: 'Branch creation',
  }),
  refuses('branch-source-unknown', BRANCHES, 'A', expected(422, 'I', 'A'), {
    needs: ['branch'],
    body: { branch: { uid: 'tokens_mock_b', source: NO_NAME } },
    settles: 'Branch creation',
  }),
  reads('branch-header-unknown', DELIVERY, expected(422, 'D'), {
    needs: ['branch'],
    headers: { branch: NO_NAME },
  }),
  reads('aliases', `${ALIASES}?limit=10`, expected(200, 'R', 'D'), {
    needs: ['branch'],
    finds: { alias: '/branch_aliases/0/alias' },
  }),
  reads('alias', `${ALIASES}/{alias}`, expected(200, 'R', 'D')),
  reads('alias-unknown', `${ALIASES}/${NO_NAME}`, expected(422, 'I'), {
    needs: ['branch'],
    settles: 'branchNotFound',
  }),
  misses('alias-deletion-unknown', 'DELETE', `${ALIASES}/${NO_NAME}`, expected(422, 'I'), {
    needs: ['branch'],
    settles: 'branchNotFound',
  }),
  misses('alias-target-unknown', 'PUT', `${ALIASES}/tokens_mock_a`, expected(422, 'I', 'A'), {
    needs: ['branch'],
    body: { branch_alias: { target_branch: NO_NAME } },
    settles: 'branchNotFound',
  }),
]

const deliveryTokens: Scenario[] = [
  reads('delivery-token', `${DELIVERY}/{delivery_token}`, expected(200, 'R'), {
    optional: ofDeliveryToken('/token'),
  }),
  reads('delivery-tokens-count', `${DELIVERY}?limit=1&include_count=true`, expected(200, 'A'), {
    optional: ofDeliveryToken('/tokens/*'),
  }),
  reads('delivery-tokens-only-count', `${DELIVERY}?count=true`, expected(200, 'I'), {
    settles: 'count=true',
  }),
  reads('delivery-tokens-negative-limit', `${DELIVERY}?limit=-1`, expected(200, 'A', 'R'), {
    optional: ofDeliveryToken('/tokens/*'),
  }),
  reads('delivery-tokens-negative-skip', `${DELIVERY}?skip=-1`, expected(422, 'A', 'R')),
  reads('delivery-tokens-wrong-limit', `${DELIVERY}?limit=many`, expected(422, 'A', 'R')),
  reads('delivery-tokens-wrong-query', `${DELIVERY}?query=name`, expected(422, 'C'), {
    settles: 'Delivery Token fetch',
  }),
  reads('delivery-tokens-wrong-flag', `${DELIVERY}?include_count=maybe`, expected(422, 'C'), {
    settles: 'Delivery Token fetch',
  }),
  reads('delivery-token-unknown', `${DELIVERY}/${NO_UID}`, expected(422, 'R')),
  misses('delivery-token-update-unknown', 'PUT', `${DELIVERY}/${NO_UID}`, expected(422, 'R'), {
    body: token({ name: NAME }),
  }),
  misses('delivery-token-deletion-unknown', 'DELETE', `${DELIVERY}/${NO_UID}`, expected(422, 'R')),
  misses(
    'delivery-token-deletion-wrong-flag',
    'DELETE',
    `${DELIVERY}/${NO_UID}?force=maybe`,
    expected(422, 'C'),
    {
      settles: 'Delivery Token deletion',
    },
  ),
  misses('delivery-token-update-name-null', 'PUT', `${DELIVERY}/${NO_UID}`, expected(422, 'I'), {
    body: token({ name: null }),
    settles: 'Delivery Token update',
  }),
  misses('preview-token-creation-unknown', 'POST', `${DELIVERY}/${NO_UID}/preview_token`, expected(422, 'A')),
  misses(
    'preview-token-deletion-unknown',
    'DELETE',
    `${DELIVERY}/${NO_UID}/preview_token`,
    expected(422, 'A'),
  ),
  refuses('delivery-token-empty-body', DELIVERY, 'A', expected(422, 'C'), {
    body: {},
    settles: 'Delivery Token creation',
  }),
  refuses('delivery-token-not-json', DELIVERY, 'D', expected(400, 'D', 'C'), {
    body: '{"token":',
    settles: 'notJson',
  }),
  refuses('delivery-token-not-json-type', DELIVERY, 'A', expected(400, 'I'), {
    headers: { 'content-type': 'text/plain' },
    body: {},
    settles: 'wrongContentType',
  }),
  refuses('delivery-token-name-missing', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ scope: deliveryScope }),
  }),
  refuses('delivery-token-name-null', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: null, scope: deliveryScope }),
  }),
  refuses('delivery-token-name-empty', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: '', scope: deliveryScope }),
  }),
  refuses('delivery-token-name-taken', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: '{delivery_token_name}', scope: deliveryScope }),
  }),
  refuses('delivery-token-name-too-long', DELIVERY, 'C', expected(422, 'C'), {
    body: token({ name: 'x'.repeat(256), scope: deliveryScope }),
    settles: 'Delivery Token creation',
  }),
  refuses('delivery-token-scope-missing', DELIVERY, 'A', expected(422, 'A'), { body: token({ name: NAME }) }),
  refuses('delivery-token-scope-empty', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: NAME, scope: [] }),
  }),
  refuses('delivery-token-scope-text', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: NAME, scope: 'branch' }),
  }),
  refuses('delivery-token-module-unknown', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: NAME, scope: [{ module: 'nothing', acl: { read: true } }, ...deliveryScope] }),
  }),
  refuses('delivery-token-acl-write', DELIVERY, 'A', expected(422, 'A'), {
    body: token({
      name: NAME,
      scope: [{ ...environmentEntry, acl: { read: true, write: true } }, branchEntry],
    }),
  }),
  refuses('delivery-token-environment-missing', DELIVERY, 'R', expected(422, 'R'), {
    body: token({ name: NAME, scope: [branchEntry] }),
  }),
  refuses('delivery-token-environments-empty', DELIVERY, 'A', expected(422, 'A', 'R'), {
    body: token({ name: NAME, scope: [{ ...environmentEntry, environments: [] }, branchEntry] }),
  }),
  refuses('delivery-token-environment-unknown', DELIVERY, 'A', expected(422, 'A'), {
    body: token({ name: NAME, scope: [{ ...environmentEntry, environments: [NO_NAME] }, branchEntry] }),
  }),
  refuses('delivery-token-environment-as-object', DELIVERY, 'A', expected(422, 'A'), {
    body: token({
      name: NAME,
      scope: [{ ...environmentEntry, environments: [{ name: NO_NAME }] }, branchEntry],
    }),
  }),
  // On a stack without branches, the service accepts a token without the scope of a branch.
  refuses('delivery-token-branch-missing', DELIVERY, 'R', expected(422, 'R'), {
    needs: ['branch'],
    body: token({ name: NAME, scope: [environmentEntry] }),
  }),
  refuses('delivery-token-branch-unknown', DELIVERY, 'A', expected(422, 'A'), {
    needs: ['branch'],
    body: token({ name: NAME, scope: [environmentEntry, { ...branchEntry, branches: [NO_NAME] }] }),
  }),
  refuses('delivery-token-alias-unknown', DELIVERY, 'A', expected(422, 'A'), {
    needs: ['branch'],
    body: token({
      name: NAME,
      scope: [environmentEntry, { module: 'branch_alias', branch_aliases: [NO_NAME], acl: { read: true } }],
    }),
  }),
]

const http: Scenario[] = [
  reads('route-unknown', `/stacks/${NO_NAME}`, expected(404, 'C'), { settles: 'routeNotFound' }),
  misses('method-unknown', 'POST', `${DELIVERY}/${NO_UID}`, expected(405, 'C'), {
    settles: 'methodNotAllowed',
  }),
  misses('body-too-deep', 'PUT', `${DELIVERY}/${NO_UID}`, expected(400, 'C'), {
    body: `${'['.repeat(101)}${']'.repeat(101)}`,
    settles: 'bodyTooDeep',
  }),
]

const managementTokens: Scenario[] = [
  reads('management-tokens', `${MANAGEMENT}?limit=10`, expected(200, 'R'), {
    finds: { management_token: '/tokens/0/uid' },
    optional: ofManagementToken('/tokens/*'),
  }),
  reads('management-token-fetch', `${MANAGEMENT}/{management_token}`, expected(200, 'R'), {
    optional: ofManagementToken('/token'),
  }),
  reads('management-tokens-negative-skip', `${MANAGEMENT}?skip=-1`, expected(422, 'A', 'C'), {
    settles: 'Management Token fetch',
  }),
  reads('management-token-fetch-unknown', `${MANAGEMENT}/${NO_UID}`, expected(422, 'I'), {
    settles: 'tokenNotFound',
  }),
  misses('management-token-update-unknown', 'PUT', `${MANAGEMENT}/${NO_UID}`, expected(422, 'I'), {
    body: token({ name: NAME }),
    settles: 'tokenNotFound',
  }),
  misses('management-token-deletion-unknown', 'DELETE', `${MANAGEMENT}/${NO_UID}`, expected(422, 'I'), {
    settles: 'tokenNotFound',
  }),
  misses('management-token-update-name-null', 'PUT', `${MANAGEMENT}/${NO_UID}`, expected(422, 'I'), {
    body: token({ name: null }),
    settles: 'Management Token update',
  }),
  refuses('management-token-name-missing', MANAGEMENT, 'A', expected(422, 'A'), {
    body: token({ scope: managementScope }),
  }),
  refuses('management-token-name-empty', MANAGEMENT, 'A', expected(422, 'A'), {
    body: token({ name: '', scope: managementScope }),
  }),
  refuses('management-token-scope-missing', MANAGEMENT, 'A', expected(422, 'A'), {
    body: token({ name: NAME }),
  }),
  refuses('management-token-module-unknown', MANAGEMENT, 'A', expected(422, 'A'), {
    body: token({ name: NAME, scope: [{ module: 'taxonomy', acl: { read: true } }, branchEntry] }),
  }),
  refuses('management-token-acl-unknown', MANAGEMENT, 'A', expected(422, 'A'), {
    body: token({
      name: NAME,
      scope: [{ module: 'content_type', acl: { read: true, delete: true } }, branchEntry],
    }),
  }),
  refuses('management-token-branch-missing', MANAGEMENT, 'A', expected(422, 'A'), {
    needs: ['branch'],
    body: token({ name: NAME, scope: [{ module: 'content_type', acl: { read: true } }] }),
  }),
  // The unknown module alone is enough for a refusal.
  refuses('management-token-expiry-and-module', MANAGEMENT, 'A', expected(422, 'A', 'C'), {
    body: token({
      name: NAME,
      scope: [{ module: 'taxonomy', acl: { read: true } }, branchEntry],
      expires_on: 'never',
    }),
    settles: 'Management Token creation',
  }),
  refuses('management-token-expiry-invalid', MANAGEMENT, 'C', expected(422, 'C'), {
    body: token({ name: NAME, scope: managementScope, expires_on: 'never' }),
    settles: 'Management Token creation',
  }),
  refuses('management-token-expiry-past', MANAGEMENT, 'I', expected(422, 'I', 'C'), {
    body: token({ name: NAME, scope: managementScope, expires_on: '2020-12-10' }),
    settles: 'Management Token creation',
  }),
]

/** The first request, whose refusal means that the credentials are wrong. */
const first = reads('delivery-tokens', `${DELIVERY}?limit=10`, expected(200, 'R'), {
  finds: { delivery_token: '/tokens/0/uid', delivery_token_name: '/tokens/0/name' },
  optional: ofDeliveryToken('/tokens/*'),
})

/** In the order in which they run: what a scenario finds is needed by later ones. */
export const SCENARIOS: readonly Scenario[] = [
  first,
  ...stack,
  ...environments,
  ...branches,
  ...credentials,
  ...deliveryTokens,
  ...http,
  ...managementTokens,
]
