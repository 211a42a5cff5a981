/** The language of a stack that names none (C). */
export const DEFAULT_MASTER_LOCALE = 'en-us'
