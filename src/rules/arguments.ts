import { inspect } from 'node:util'
import type { TSchema } from '@sinclair/typebox'
import { distance } from 'fastest-levenshtein'
import { firstErrorValidatorOf } from './validator.ts'

// Checks what a program passes. Every mistake is a TypeError with the place, the value and what is expected.

/** What a value must be, checked without Ajv, which loads slowly. */
export interface Kind<T> {
  /** Such as `a whole number from 0 to 65535`. */
  expected: string
  /** The only values, if there are few. */
  names?: readonly string[]
  /** Whether a message must not show the value. */
  isSecret?: boolean
  accepts(value: unknown): value is T
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const someText: Kind<string> = {
  expected: 'a text that is not empty',
  accepts: (value): value is string => typeof value === 'string' && value !== '',
}

/** At least `least` and at most `most`. */
export const wholeNumber = (least: number, most: number): Kind<number> => ({
  expected: `a whole number from ${least} to ${most}`,
  accepts: (value): value is number =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
})

export const oneOf = <T extends string>(names: readonly T[]): Kind<T> => ({
  expected: names.join(', '),
  names,
  accepts: (value): value is T => names.includes(value as T),
})

export const trueOrFalse: Kind<boolean> = {
  expected: 'true or false',
  accepts: (value): value is boolean => typeof value === 'boolean',
}

/** An object, or with `functions` one that has these methods. */
export const objectWith = (expected: string, functions: readonly string[] = []): Kind<object> => ({
  expected,
  accepts: (value): value is object =>
    (isObject(value) || typeof value === 'function') &&
    functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
})

export const someFunction: Kind<unknown> = {
  expected: 'a function',
  accepts: (value): value is unknown => typeof value === 'function',
}

/** Finds the name that was probably meant; undefined if none is near. Ignores letter case. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const [found] = names
    .map((name) => ({ name, edits: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(2, name.length / 2))
    .sort((a, b) => a.edits - b.edits)
  return found?.name
}

/** The question that ends a message, with a space before it; empty if no name is near. */
export function didYouMean(given: unknown, names: readonly string[] | undefined): string {
  const name = names && typeof given === 'string' ? nearest(given, names) : undefined
  return name === undefined ? '' : ` Did you mean '${name}'?`
}

/** In one line. */
const shown = (value: unknown) =>
  inspect(value, {
    depth: 0,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 100,
    maxArrayLength: 3,
  })

/** @param call the method that was called, such as `clock.set` */
export const wrongValue = (
  call: string,
  place: string,
  value: unknown,
  { expected, names, isSecret }: Omit<Kind<unknown>, 'accepts'>,
) =>
  new TypeError(
    `${call}: ${place} is ${isSecret ? 'not valid' : shown(value)}. Expected: ${expected}.${didYouMean(value, names)}`,
  )

/**
 * @param what such as `unknown option 'fixture'`
 * @param expected defaults to the names
 */
const unknownKey = (
  call: string,
  what: string,
  key: string,
  names: readonly string[],
  expected = names.join(', '),
) => new TypeError(`${call}: ${what}.${didYouMean(key, names) || ` Expected: ${expected}.`}`)

/** @throws TypeError for a wrong value */
export function checkValue(call: string, place: string, kind: Kind<unknown>, value: unknown): void {
  if (!kind.accepts(value)) throw wrongValue(call, place, value, kind)
}

/**
 * Checks options by a table of all of them. An option that is undefined counts as absent.
 *
 * @param place where the options stand, such as `tls`; absent for the options themselves
 * @throws TypeError for an unknown option or a wrong value
 */
export function checkOptions(
  call: string,
  kinds: Record<string, Kind<unknown>>,
  options: unknown,
  place?: string,
): void {
  if (!isObject(options)) throw wrongValue(call, place ?? 'the argument', options, { expected: 'an object' })
  const within = place === undefined ? '' : `${place}.`
  for (const [key, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
    if (!kind) throw unknownKey(call, `unknown option '${within}${key}'`, key, Object.keys(kinds))
    if (value !== undefined) checkValue(call, within + key, kind, value)
  }
}

/** The parts of a JSON schema that a message speaks of. */
interface Shape extends TSchema {
  type?: string
  enum?: string[]
  anyOf?: Shape[]
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  required?: string[]
  items?: Shape
}

/**
 * Checks an argument by a schema of the control API.
 *
 * @throws TypeError for the first unknown key or wrong value
 */
export function checkArgument(call: string, schema: TSchema, value: unknown, place = ''): void {
  if (!firstErrorValidatorOf(schema)(value)) refuse(call, schema as Shape, value, place)
}

/** Throws for the first mistake in a value. The innermost schema that refuses a value says what is expected. */
function refuse(call: string, schema: Shape, value: unknown, place: string): void {
  const { properties = {}, patternProperties = {}, required = [], items } = schema
  if (items && Array.isArray(value))
    for (const [i, entry] of value.entries()) checkArgument(call, items, entry, `${place}[${i}]`)
  const patterns = Object.entries(patternProperties)
  const fields: Record<string, unknown> =
    isObject(value) && schema.type === 'object'
      ? { ...Object.fromEntries(required.map((key) => [key, undefined])), ...value }
      : {}
  for (const [key, field] of Object.entries(fields)) {
    const found = Object.hasOwn(properties, key)
      ? properties[key]
      : patterns.find(([pattern]) => new RegExp(pattern).test(key))?.[1]
    if (!found)
      throw unknownKey(
        call,
        `unknown key '${key}'${place && ` in ${place}`}`,
        key,
        Object.keys(properties),
        patterns.map(([pattern]) => `a name that matches ${pattern}`)[0],
      )
    if (field !== undefined || required.includes(key))
      checkArgument(call, found, field, place === '' ? key : `${place}.${key}`)
  }
  throw wrongValue(call, place || 'the argument', value, expectationOf(schema))
}

const WORDS: Record<string, string> = {
  array: 'an array',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a text',
}

function expectationOf(schema: Shape): Pick<Kind<unknown>, 'expected' | 'names'> {
  const { type, anyOf, enum: names } = schema
  if (names) return { expected: names.join(', '), names }
  if (anyOf) return { expected: anyOf.map((inner) => expectationOf(inner).expected).join(' or ') }
  return { expected: `${WORDS[String(type)]}${boundsOf(schema)}` }
}

function boundsOf({ minimum, maximum, minLength = 0, maxLength, maxItems, pattern }: Shape): string {
  if (maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (maxLength !== undefined) return ` of ${minLength} to ${maxLength} characters`
  if (maxItems !== undefined) return ` of at most ${maxItems} entries`
  return pattern === undefined ? '' : ` that matches ${pattern}`
}
