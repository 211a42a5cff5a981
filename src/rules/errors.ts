/**
 * Every failure that the emulated API can return, defined once.
 *
 * Marks: R recorded from a live response, A asserted by a vendor's live test, D other official documentation,
 * I inferred, C chosen for this project because nothing is published. The comment above a failure starts with its marks, and
 * docs/differences.md shows it. A slash separates the marks of its variants.
 */

/** Messages by field, as in the `errors` of the API. */
export type FieldErrors = Record<string, string[]>

interface Details {
  fields?: FieldErrors | undefined
  /** Extra keys of the envelope. */
  extra?: Record<string, unknown>
  headers?: Record<string, string>
  /** A sentence that explains the refusal, for the journal; never in the envelope. Defaults to the message. */
  reason?: string
  /** The message for a program, which does not see the envelope. Defaults to the message. */
  detailed?: string
}

/** The body of a failure. A few failures have further keys. */
interface Envelope extends Record<string, unknown> {
  /** The message. */
  error_message: string
  /** Absent for the one failure that is published without a code. */
  error_code?: number
  /** The messages by field; absent if the failure names no fields. */
  errors?: FieldErrors
}

/** A refusal in the API's words. Only `server/failures.ts` sends it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The status of the response. */
  readonly status: number
  /** Undefined for the one failure that is published without a code. */
  readonly code: number | undefined
  /** Headers that only this failure has. */
  readonly headers: Record<string, string>
  /** A sentence that explains the refusal. */
  readonly reason: string
  readonly #message: string
  readonly #fields: FieldErrors | undefined
  readonly #extra: Record<string, unknown>

  constructor(status: number, message: string, code?: number, details: Details = {}) {
    super(details.detailed ?? message)
    this.#message = message
    this.status = status
    this.code = code
    this.headers = details.headers ?? {}
    this.reason = details.reason ?? message
    this.#fields = details.fields
    this.#extra = details.extra ?? {}
  }

  /** The body of the response. */
  body(): Envelope {
    return {
      error_message: this.#message,
      // Stryker disable next-line ConditionalExpression: JSON leaves out what is undefined.
      ...(this.code !== undefined && { error_code: this.code }),
      ...(this.#fields && { errors: this.#fields }),
      ...this.#extra,
    }
  }
}

/** The messages of fields (A / R). */
export const REQUIRED = 'is a required field.'
export const NOT_VALID = 'is not valid.'
export const NOT_UNIQUE = 'is not unique.'

// A / A status, I body: 422 only on `/stacks` itself. A caller who is not a member of the stack sees the same (C).
export const stackNotFound = (reason: string, onStackItself: boolean) =>
  new ApiError(onStackItself ? 422 : 412, "We can't find that Stack. Please try again.", 109, {
    fields: { api_key: [NOT_VALID] },
    reason,
  })

/** The headers that carry a credential, as a 401 names them. */
export type CredentialHeader = 'authtoken' | 'authorization' | 'access_token' | 'preview_token'

// A / A status, I body / R / R / A: R for a wrong access_token or preview_token, I for a missing one. GET user names no header.
export const notLoggedIn = (reason: string, header?: CredentialHeader) =>
  new ApiError(401, "You're not allowed in here unless you're logged in.", 105, {
    fields: header && { [header]: [NOT_VALID] },
    reason,
  })

// A
export const notPermitted = (reason: string) =>
  new ApiError(403, "You don't have the permission to do this operation.", 316, { reason })

// A status and code, C words: the scope of the management token does not permit the call.
export const scopeNotPermitted = (reason: string) =>
  new ApiError(401, 'Access denied. You have insufficient permissions to perform this operation.', 161, {
    reason,
  })

// R: from the unit data of the client.
export const secondFactorNeeded = () =>
  new ApiError(401, 'Please login using the Two-Factor verification Token', 294, {
    extra: { errors: [], tfa_type: 'totp_authenticator' },
    reason: 'This user has a second factor: send its token as user.tfa_token.',
  })

// A, D body
export const secondFactorWrong = () =>
  new ApiError(422, 'Invalid verification code', 295, {
    reason: "The tfa_token is not the one that this user's authenticator shows.",
  })

// D words, C code
export const secondFactorUsed = () =>
  new ApiError(422, 'The current Totp has already been Used', 295, {
    reason: 'This user has already logged in with this tfa_token. Wait for the next one.',
  })

// A
export const loginFailed = () =>
  new ApiError(
    422,
    'Looks like your email or password is invalid. Please try again or reset your password.',
    104,
    { reason: 'No user has this combination of user.email and user.password.' },
  )

/** The messages for invalid list parameters (R, from another list). */
export const INVALID_PARAMETERS: FieldErrors = { params: ['has an invalid operation.'] }

/** The operations, as their error messages name them, and the error code of each. */
const CODES = {
  'Delivery Token creation': 141, // R
  'Delivery Token update': 141, // I
  'Delivery Token deletion': 141, // C
  'Delivery Token fetch': 141, // C
  'Management Token creation': 141, // A
  'Management Token update': 141, // I
  'Management Token fetch': 141, // C
  'Preview token creation': 141, // A
  'Preview token deletion': 141, // A
  'User session creation': 141, // C
  'User fetch': 141, // C
  'Organization fetch': 141, // C
  'Locale fetch': 141, // C
  'Content fetch': 141, // C
  'Stack creation': 141, // C
  'Stack update': 141, // C
  'Stack fetch': 141, // C
  'Stack settings update': 150, // A
  'Environment creation': 247, // R
  'Environment update': 247, // C
  'Environment fetch': 247, // C
  'Branch creation': 903, // I
  'Branch deletion': 909, // I
  'Branch fetch': 903, // C
  'Branch alias assignment': 903, // C
  'Branch alias deletion': 909, // C
  'Branch alias fetch': 903, // C
} as const
export type Operation = keyof typeof CODES

// The codes above have marks of their own; the messages of fields are among the facts of docs/differences.md.
export const invalid = (operation: Operation, fields: FieldErrors, code: number = CODES[operation]) =>
  new ApiError(422, `${operation} failed. Please try again.`, code, {
    fields,
    reason: Object.entries(fields)
      .map(([field, messages]) => `${field} ${messages.join(' ')}`)
      .join(' '),
  })

// A code and key, I status and words
export const branchExists = (kind: 'branch' | 'branch alias') =>
  invalid('Branch creation', { branches: [kind === 'branch' ? NOT_UNIQUE : 'is the name of an alias.'] }, 910)

// R
export const environmentNotFound = (name: string) =>
  new ApiError(422, 'Environment was not found. Please try again.', 248, {
    reason: `The stack has no environment named '${name}'. A uid does not work here.`,
  })

// A code and key, I status, C words
export const branchNotFound = (name: string, kind: 'Branch' | 'Branch alias' = 'Branch') =>
  new ApiError(422, `${kind} was not found. Please try again.`, 905, {
    fields: { branches: [`'${name}' was not found.`] },
    reason: `The stack has no ${kind.toLowerCase()} '${name}'.`,
  })

// A / D: a branch, and an alias on the delivery and preview hosts. It also hides whether the branch exists (R).
export const branchDenied = (
  branch: string,
  reason = `The token's scope names neither the branch '${branch}' nor an alias for it.`,
  kind: 'branch' | 'branch alias' = 'branch',
) =>
  new ApiError(
    422,
    `Access denied. You have insufficient permissions to perform operation on this ${kind === 'branch' ? `branch '${branch}'` : kind}.`,
    901,
    { reason },
  )

// R
export const contentTypeNotFound = (uid: string) =>
  new ApiError(422, `The Content Type '${uid}' was not found. Please try again.`, 118, {
    fields: { uid: [NOT_VALID] },
    reason: `The stack has no content type '${uid}'.`,
  })

// R / I: an entry, and an environment outside the scope of the token on the delivery host.
export const objectNotFound = (field: 'uid' | 'environment', reason: string) =>
  new ApiError(422, "The requested object doesn't exist.", 141, { fields: { [field]: [NOT_VALID] }, reason })

// I
export const environmentUnknown = (name: string) =>
  objectNotFound(
    'environment',
    `The stack has no environment '${name}'. It may have been deleted or renamed.`,
  )

// R: by a third party.
export const environmentDenied = (reason: string) =>
  new ApiError(403, 'Access denied. You have insufficient permissions to perform this operation.', 162, {
    reason,
  })

// R
export const previewHashMissing = () =>
  new ApiError(400, 'Please provide live preview hash in request', 382, {
    reason: 'Send the header or the parameter live_preview. Any value will do.',
  })

// D: the header `branch` names neither a branch nor an alias.
export const branchUnknown = (name: string) =>
  new ApiError(422, `The Branch '${name}' was not found.`, 900, {
    reason: `The header branch names '${name}', which is neither a branch nor an alias of the stack.`,
  })

// A code, key and beginning of the words; I status.
export const deletionUnconfirmed = (kind: 'Branch' | 'Branch alias', name: string) =>
  invalid(`${kind} deletion`, {
    [kind === 'Branch' ? 'branch' : 'branch_alias']: [
      `Are you sure you want to delete the ${kind.toLowerCase()} '${name}'? Pass force=true to confirm.`,
    ],
  })

// A status and code, C words. Also for an unknown organization (C).
export const organizationNotFound = () =>
  new ApiError(422, 'The organization was not found. Please try again.', 110, {
    fields: { organization_uid: [NOT_VALID] },
    reason: "organization_uid is missing, or is not the organization's uid.",
  })

// R / I: R only for GET, I for PUT and DELETE of a delivery token.
export const tokenNotFound = (kind: 'Delivery Token' | 'Management Token', uid: string) =>
  new ApiError(422, `${kind} Not Found.`, 141, {
    fields: { token: [NOT_VALID] },
    reason: `The stack has no ${kind.toLowerCase()} with the uid '${uid}'.`,
  })

// A status, I body
export const previewTokenExists = () =>
  invalid('Preview token creation', { preview_token: ['already exists.'] })

// A status, I body
export const noPreviewToken = () => invalid('Preview token deletion', { preview_token: [NOT_VALID] })

// C: a delivery token with a preview token is deleted only if forced.
export const previewTokenLinked = () =>
  invalid('Delivery Token deletion', {
    preview_token: ['is linked to this delivery token. Delete it first or pass force=true.'],
  })

// C
export const tokenCapReached = (kind: 'Delivery Token' | 'Management Token', cap: number) =>
  invalid(`${kind} creation`, {
    token: [`limit reached: a stack can have at most ${cap} ${kind.toLowerCase()}s.`],
  })

// C: the environments in the scope are too large in total.
export const scopeTooLarge = () =>
  new ApiError(422, 'The scope of the token is too large. Please try again.', 141, {
    fields: { scope: ['names environments that are too large together.'] },
    reason: 'The environments in the scope are larger than 4 MiB in total.',
  })

// C: the environments of the stack are too large in total.
export const environmentsTooLarge = (operation: 'Environment creation' | 'Environment update') =>
  invalid(operation, { environment: ['is too large together with the others of the stack. Maximum 2 MiB.'] })

// D status, C body
export const notJson = () => new ApiError(400, 'The request body is not valid JSON.', 400)

// D status, C body
export const notUtf8 = () => new ApiError(400, 'The request body is not valid UTF-8.', 400)

// I
export const wrongContentType = () =>
  new ApiError(400, "Please set a valid 'Content-Type' header", undefined, {
    reason: 'A request with a body needs the content type application/json.',
  })

// D, R message: it is flat, and comes without Retry-After.
export const rateLimitExceeded = () => new ApiError(429, 'Rate limit exceeded', 429)

// C
export const routeNotFound = (reason?: string) =>
  new ApiError(404, 'The requested URL was not found.', 404, { ...(reason && { reason }) })

// C
export const methodNotAllowed = (allow: string[], reason?: string) =>
  new ApiError(405, 'The method is not allowed for the requested URL.', 405, {
    headers: { allow: allow.join(', ') },
    reason: `This URL accepts only ${allow.join(', ')}.${reason ? ` ${reason}` : ''}`,
  })

// C: with `--require-world`.
export const worldRequired = () =>
  new ApiError(
    400,
    'This server requires the name of a world in each URL. Write /w/NAME/v3/... instead of /v3/..., with any NAME.',
    400,
  )

// C: `limit` is in bytes.
export const bodyTooLarge = (limit: number) =>
  new ApiError(413, `The request body is too large. Maximum ${limit / 2 ** 20} MiB.`, 413)

// C: `limit` is in levels.
export const bodyTooDeep = (limit: number) =>
  new ApiError(400, `The request body is nested too deeply. Maximum ${limit} levels.`, 400)

// C
export const badRequest = (why = 'The request could not be understood.') => new ApiError(400, why, 400)

// C: the disk is full, or the database file cannot be read or written.
export const storageFailed = () =>
  new ApiError(503, 'The server cannot use its database at the moment. Its log says more.', 503)

// C
export const unexpected = () =>
  new ApiError(500, 'The server met an unexpected condition. Its log says more.', 500)
