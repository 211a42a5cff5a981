/** The environment variables with the credentials of `verify`, by the placeholder that each fills. */
export const VARIABLES = {
  api_key: 'TOKENS_MOCK_VERIFY_API_KEY',
  authtoken: 'TOKENS_MOCK_VERIFY_AUTHTOKEN',
  management_token_value: 'TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN',
}
