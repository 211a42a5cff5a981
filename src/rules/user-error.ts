/** A mistake of the person who starts the server. The message explains it; a stack trace would not help. */
export class UserError extends Error {
  override readonly name: string = 'UserError'
}

/** Who runs the server. Windows has no uids. */
// Stryker disable next-line all: root, who may run the tests, is never refused.
const USER = `uid ${process.getuid?.()}`.replace('uid undefined', 'this user')

const WORDS: Record<string, string> = {
  // Stryker disable next-line all: as above.
  EACCES: `${USER} has no permission; change the owner or the mode of the file or its folder`,
  EISDIR: 'it is a folder; Docker creates one when the file to mount does not exist on the host',
  ENOENT: 'there is no such file or folder',
  // Stryker disable next-line all: it takes a file system of its own, which only test:docker has.
  EROFS: 'the file system is read-only',
}

/** Explains a file system error, in words that fit after a colon. */
export const fileErrorOf = ({ code, message }: NodeJS.ErrnoException) => WORDS[String(code)] ?? message
