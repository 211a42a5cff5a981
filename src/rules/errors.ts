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
  readonly headers: Record<string, string>

  constructor(status: number, message: string, code?: number, fields?: FieldErrors, headers = {}) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
    this.headers = headers
  }

  /** The envelope: `error_message`, `error_code`, and `errors` where the failure names fields. */
  body(): { error_message: string; error_code?: number; errors?: FieldErrors } {
    return {
      error_message: this.message,
      ...(this.code !== undefined && { error_code: this.code }),
      ...(this.fields && { errors: this.fields }),
    }
  }
}

/** What the messages of the fields say (A / R). */
export const REQUIRED = 'is a required field.'
export const NOT_VALID = 'is not valid.'

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

// A
export const loginFailed = () =>
  new ApiError(
    422,
    'Looks like your email or password is invalid. Please try again or reset your password.',
    104,
  )

/** What is being done, as the messages of a refused operation begin. */
export type Operation =
  | `${'Delivery Token' | 'Management Token'} ${'creation' | 'update' | 'deletion' | 'fetch'}`
  | `Preview token ${'creation' | 'deletion'}`

// R for the creation of delivery tokens, A for preview tokens, I for updates, C for deletion and fetch.
export const invalid = (operation: Operation, fields: FieldErrors) =>
  new ApiError(422, `${operation} failed. Please try again.`, 141, fields)

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
  new ApiError(405, 'The method is not allowed for the requested URL.', 405, undefined, {
    allow: allow.join(', '),
  })

export const bodyTooLarge = () => new ApiError(413, 'The request body is too large. Maximum 1 MiB.', 413)

export const badRequest = () => new ApiError(400, 'The request could not be understood.', 400)

export const unexpected = () =>
  new ApiError(500, 'The server met an unexpected condition. Its log says more.', 500)
