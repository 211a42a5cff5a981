/**
 * What an environment may be called (D): at most 255 visible characters of ASCII, without capital letters and most
 * punctuation.
 */
export const ENVIRONMENT_NAME = '^[!$&()\\-.0-9;@\\[\\]_`a-z~]{0,255}$'
