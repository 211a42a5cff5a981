/** What a branch or an alias may be called: at most 15 lower-case letters, digits and underscores (R). */
export const BRANCH_UID = '^[a-z0-9_]{1,15}$'

/** The branch that each stack has from its creation on, and that cannot be deleted (R / I). */
export const MAIN_BRANCH = 'main'
