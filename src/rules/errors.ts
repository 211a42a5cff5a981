/**
 * Every failure that the emulated API can answer, once.
 *
 * Marks: R recorded live response, A asserted by a vendor's live test, D other official documentation,
 * I inferred, C chosen for this project because nothing is published.
 */

/** The messages of a failure by field, as the API's `errors` carries them. */
export type FieldErrors = Record<string, string[]>

/** A refusal in the API's words. Only `api/error-handler.ts` answers one. */
export class ApiError extends Error {
  readonly status: number
  /** Absent in the one failure that is published without a code. */
  readonly code: number | undefined
  readonly fields: FieldErrors | undefined
  /** Further keys of the envelope. */
  readonly extra: Record<string, string>
  readonly headers: Record<string, string>

  constructor(
    status: number,
    message: string,
    code?: number,
    fields?: FieldErrors,
    extra: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
    this.extra = extra
    this.headers = headers
  }

  /** The envelope: `error_message`, `error_code`, and `errors` where the failure names fields. */
  body(): Record<string, unknown> & { error_message: string; error_code?: number; errors?: FieldErrors } {
    return {
      error_message: this.message,
      ...(this.code !== undefined && { error_code: this.code }),
      ...(this.fields && { errors: this.fields }),
      ...this.extra,
    }
  }
}

/** What the messages of the fields say (A / R). */
export const REQUIRED = 'is a required field.'
export const NOT_VALID = 'is not valid.'
export const NOT_UNIQUE = 'is not unique.'

// A: also what a caller who is no member of the stack sees (C).
export const stackNotFound = () =>
  new ApiError(412, "We can't find that Stack. Please try again.", 109, { api_key: [NOT_VALID] })

// A for authtoken; A status, I body for authorization. GET user answers it without `errors`: no header is named (A).
export const notLoggedIn = (header?: 'authtoken' | 'authorization') =>
  new ApiError(
    401,
    "You're not allowed in here unless you're logged in.",
    105,
    header && { [header]: [NOT_VALID] },
  )

// A
export const notPermitted = () =>
  new ApiError(403, "You don't have the permission to do this operation.", 316)

// A status, code and tfa_type; C words. A token that is not right is refused alike, with its field (C).
export const secondFactorNeeded = (fields?: FieldErrors) =>
  new ApiError(401, 'Please log in using the two-factor verification token.', 294, fields, {
    tfa_type: 'totp_authenticator',
  })

// A
export const loginFailed = () =>
  new ApiError(
    422,
    'Looks like your email or password is invalid. Please try again or reset your password.',
    104,
  )

/** What is being done, as the messages of a refused operation begin, and the code that goes with it. */
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
  'Stack creation': 141, // C
  'Stack update': 141, // C
  'Stack fetch': 141, // C
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

export const invalid = (operation: Operation, fields: FieldErrors, code: number = CODES[operation]) =>
  new ApiError(422, `${operation} failed. Please try again.`, code, fields)

// I
export const branchExists = () => invalid('Branch creation', { uid: [NOT_UNIQUE] }, 910)

// R
export const environmentNotFound = () =>
  new ApiError(422, 'Environment was not found. Please try again.', 248)

// I code, C words
export const branchNotFound = (kind: 'Branch' | 'Branch alias' = 'Branch') =>
  new ApiError(422, `${kind} was not found. Please try again.`, 905)

// A
export const branchDenied = (branch: string) =>
  new ApiError(
    422,
    `Access denied. You have insufficient permissions to perform operation on this branch '${branch}'.`,
    901,
  )

// A status and code, C words. Also for one that is unknown (C).
export const organizationNotFound = () =>
  new ApiError(422, 'The organization was not found. Please try again.', 110, {
    organization_uid: [NOT_VALID],
  })

// R for GET of a delivery token, I for a management token.
export const tokenNotFound = (kind: 'Delivery Token' | 'Management Token') =>
  new ApiError(422, `${kind} Not Found.`, 141, { token: [NOT_VALID] })

// D status, C body
export const notJson = () => new ApiError(400, 'The request body is not valid JSON.', 400)

// I
export const wrongContentType = () => new ApiError(400, "Please set a valid 'Content-Type' header")

// C from here on
export const routeNotFound = () => new ApiError(404, 'The requested URL was not found.', 404)

export const methodNotAllowed = (allow: string[]) =>
  new ApiError(
    405,
    'The method is not allowed for the requested URL.',
    405,
    undefined,
    {},
    {
      allow: allow.join(', '),
    },
  )

export const bodyTooLarge = () => new ApiError(413, 'The request body is too large. Maximum 1 MiB.', 413)

export const badRequest = () => new ApiError(400, 'The request could not be understood.', 400)

export const unexpected = () =>
  new ApiError(500, 'The server met an unexpected condition. Its log says more.', 500)
