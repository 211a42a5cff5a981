import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'

const require = createRequire(import.meta.url)

/** Nothing is coerced, removed or filled in: a name 123 is not "123". */
const options = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allowUnionTypes: true,
  // A schema may ask for properties without asking for an object.
  strictTypes: false,
  // The errors then carry the value, which tells a null from a wrong type.
  verbose: true,
} as const

/** Compiles a schema at its first use, since most of a server's are never used and each costs milliseconds. */
class Validators {
  readonly #allErrors: boolean
  readonly #compiled = new WeakMap<object, ValidateFunction>()
  #ajv: Ajv | undefined

  constructor(allErrors: boolean) {
    this.#allErrors = allErrors
  }

  of(schema: object): ValidateFunction {
    let validate = this.#compiled.get(schema)
    if (!validate) {
      this.#ajv ??= this.#load()
      validate = this.#ajv.compile(schema)
      this.#compiled.set(schema, validate)
    }
    return validate
  }

  // Only here: a start checks nothing, and Ajv takes a while to load.
  #load(): Ajv {
    const module = require('ajv') as typeof import('ajv')
    return new module.Ajv({ ...options, allErrors: this.#allErrors })
  }
}

const ofAllErrors = new Validators(true)
const ofFirstError = new Validators(false)

/** Finds all errors at once. */
export const validatorOf = (schema: object) => ofAllErrors.of(schema)

/** Finds the first error, so that the errors of a large value do not fill the memory. */
export const firstErrorValidatorOf = (schema: object) => ofFirstError.of(schema)
