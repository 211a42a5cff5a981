/** A mistake of the person who starts the server. The message tells it in words; no stack trace is of use. */
export class UserError extends Error {
  override readonly name: string = 'UserError'
}
