import { parse } from 'node:querystring'

/** What is looked at of a JSON schema. */
interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
}

/** The schemas of what a call reads; absent: it reads no such thing. */
export interface ReadSchemas {
  body?: Schema | undefined
  querystring?: Schema | undefined
}

/** Fields of a body and parameters of a query that no schema names: the first of them, and how many more there are. */
export interface Unread {
  fields: Names
  parameters: Names
}

// In characters.
const NAMES_BOUND = 2000
/** What a name in a list takes beside its own characters. */
export const NAME_ITSELF = 16

/** The first of the names that something has, and how many more there are. */
export class Names {
  readonly kept: string[] = []
  left = 0
  #room = NAMES_BOUND

  /** @param of the part of the name before `name` */
  add(of: string, name: string): void {
    this.#room -= of.length + name.length + NAME_ITSELF
    if (this.#room < 0) this.left += 1
    else this.kept.push(of + name)
  }
}

/** @param body undefined where there is none, or it was not read at all */
export function unreadOf(schemas: ReadSchemas, body: unknown, query: string): Unread {
  const fields = new Names()
  const parameters = new Names()
  addUnknown(fields, body, schemas.body, '')
  if (query !== '') addUnknown(parameters, { ...parse(query) }, schemas.querystring, '')
  return { fields, parameters }
}

/** Adds the paths of the fields that no schema names. A schema without properties takes anything. */
function addUnknown(names: Names, value: unknown, schema: Schema = { properties: {} }, path: string): void {
  const { properties, items } = schema
  if (Array.isArray(value) && items) {
    const list = path.replace(/\.$/, '')
    for (const [i, inner] of value.entries()) addUnknown(names, inner, items, `${list}[${i}].`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !properties) return
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) addUnknown(names, inner, properties[name], `${path}${name}.`)
    else names.add(path, name)
  }
}
