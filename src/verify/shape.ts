import { DEPTH_LIMIT } from '../rules/caps.ts'
import { isDeeper } from '../rules/input.ts'
import { keyName, type Said, said, saidAsCode } from './words.ts'

type JsonType = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array' | 'no JSON'

/** The types in a JSON value, without the value. The elements of an array have one shape together. */
export interface Shape {
  types: ReadonlySet<JsonType>
  /** The words of the API; empty except in `error_message`, `error_code` and `errors`. */
  said: readonly Said[]
  keys: ReadonlyMap<string, Shape>
  /** Undefined if there is no element. */
  elements: Shape | undefined
  /** Whether each of the objects that were put together has the key. */
  isAlways: boolean
}

/** How many elements of an array are looked at. The service's longest lists are shorter. */
const ELEMENTS = 1000

/** Reads the text of a body. JSON that is nested too deeply counts as none. */
export function shapeOfBody(text: string): Shape {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return leaf('no JSON', [])
  }
  return isDeeper(body, DEPTH_LIMIT) ? leaf('no JSON', []) : shapeOf(body, [])
}

function shapeOf(value: unknown, path: readonly string[]): Shape {
  if (Array.isArray(value)) {
    const elements = value.slice(0, ELEMENTS).map((element) => shapeOf(element, [...path, '*']))
    return { ...leaf('array', []), elements: elements.length > 0 ? together(elements) : undefined }
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.entries(value).map(([key, inner]) => [key, shapeOf(inner, [...path, key])] as const)
    return { ...leaf('object', []), keys: new Map(keys) }
  }
  return leaf(value === null ? 'null' : (typeof value as JsonType), wordsOf(value, path))
}

const leaf = (type: JsonType, words: Said[]): Shape => ({
  types: new Set([type]),
  said: words,
  keys: new Map(),
  elements: undefined,
  isAlways: true,
})

/** What the API itself says at a place of its failures. */
function wordsOf(value: unknown, [first, ...rest]: readonly string[]): Said[] {
  if (first === 'error_code' && rest.length === 0 && typeof value === 'number') return [saidAsCode(value)]
  const isMessage = (first === 'error_message' && rest.length === 0) || first === 'errors'
  return isMessage && typeof value === 'string' ? [said(value)] : []
}

function together(shapes: readonly Shape[]): Shape {
  const objects = shapes.filter(({ types }) => types.has('object'))
  const names = new Set(objects.flatMap(({ keys }) => [...keys.keys()]))
  const keys = [...names].map((name) => {
    const found = objects.flatMap((object) => object.keys.get(name) ?? [])
    const shape = together(found)
    return [name, { ...shape, isAlways: shape.isAlways && found.length === objects.length }] as const
  })
  const elements = shapes.flatMap((shape) => shape.elements ?? [])
  return {
    types: new Set(shapes.flatMap(({ types }) => [...types])),
    said: shapes.flatMap((shape) => shape.said),
    keys: new Map(keys),
    elements: elements.length > 0 ? together(elements) : undefined,
    isAlways: shapes.every(({ isAlways }) => isAlways),
  }
}

/** Such as `string or null`, or `string "is not valid."`. */
export function described(shape: Shape | undefined): string {
  if (!shape) return 'absent'
  const words = [...shape.said, ...(shape.elements?.said ?? [])].map(({ shown }) => JSON.stringify(shown))
  return [[...shape.types].sort().join(' or '), ...new Set(words)].join(' ')
}

/** A JSON pointer in which `*` is any element of an array, and an unknown key has no name. */
export const pointerOf = (path: readonly string[]) =>
  path.map((key) => `/${key === '*' ? key : keyName(key)}`).join('')
