import { parse } from 'node:querystring'

/** The parts of a JSON schema that are read here. */
interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
}

/** The schemas of the body and the query that a call reads; absent if it reads none. */
export interface ReadSchemas {
  body?: Schema | undefined
  querystring?: Schema | undefined
}

/** The fields of a body and the parameters of a query that no schema names. */
export interface Unread {
  fields: Names
  parameters: Names
}

// In characters.
const NAMES_BOUND = 2000
/** The memory of a name in a list besides its characters. */
export const NAME_ITSELF = 16

/** A list of names with a size limit: the first names, and how many are left out. */
export class Names {
  readonly kept: string[] = []
  left = 0
  #room = NAMES_BOUND

  /** @param of the path before `name` */
  add(of: string, name: string): void {
    this.#room -= of.length + name.length + NAME_ITSELF
    if (this.#room < 0) this.left += 1
    else this.kept.push(of + name)
  }
}

/** @param body undefined if there is no body, or it was not read */
export function unreadOf(schemas: ReadSchemas, body: unknown, query: string): Unread {
  const fields = new Names()
  const parameters = new Names()
  addUnknown(fields, body, schemas.body, '')
  if (query !== '') addUnknown(parameters, { ...parse(query) }, schemas.querystring, '')
  return { fields, parameters }
}

/** Adds the paths of the fields that the schema does not name. A schema without properties allows any field. */
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
