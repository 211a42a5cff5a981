import { Type } from '@sinclair/typebox'

// Parts of the schemas of both APIs and of fixtures.

/** For an object that must not have other keys. */
export const Strict = { additionalProperties: false }

/** One of these texts. */
export const Enum = <const T extends string>(texts: readonly T[], options: { description?: string } = {}) =>
  Type.Unsafe<T>({ ...options, type: 'string', enum: [...texts] })
