/** What a branch or an alias may be called: at most 15 lower-case letters, digits and underscores (R). */
export const BRANCH_UID = '^[a-z0-9_]{1,15}$'

/** The branch that each stack has from its creation on, and that cannot be deleted (R / I). */
export const MAIN_BRANCH = 'main'

/**
 * What an environment may be called (D): at most 255 visible characters of ASCII, without capital letters and most
 * punctuation.
 */
export const ENVIRONMENT_NAME = '^[!$&()\\-.0-9;@\\[\\]_`a-z~]{0,255}$'

/** The language of a stack that names none (C). */
export const DEFAULT_MASTER_LOCALE = 'en-us'
