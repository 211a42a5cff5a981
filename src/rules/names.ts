/** The pattern of a branch's or an alias's name: 1 to 15 lower-case letters, digits and underscores (R). */
export const BRANCH_UID = '^[a-z0-9_]{1,15}$'

/** The branch that every new stack has and that cannot be deleted (R / I). */
export const MAIN_BRANCH = 'main'

/**
 * The pattern of an environment's name (D): at most 255 visible ASCII characters, without capital letters and most
 * punctuation.
 */
export const ENVIRONMENT_NAME = '^[!$&()\\-.0-9;@\\[\\]_`a-z~]{0,255}$'

/** The pattern of a content type's uid: lower-case letters, digits and underscores (D). */
export const CONTENT_TYPE_UID = '^[a-z0-9_]+$'

/** The master locale of a stack that is created without one (C). */
export const DEFAULT_MASTER_LOCALE = 'en-us'
