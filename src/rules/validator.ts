import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'

const require = createRequire(import.meta.url)

/** Ajv coerces, removes and fills in nothing: the name 123 is not "123". */
const options = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allowUnionTypes: true,
  // Allows `properties` in a schema without `type: object`.
  strictTypes: false,
  // Errors then include the value, which distinguishes null from a wrong type.
  verbose: true,
} as const

/** Compiles a schema on first use: a server never uses most of its schemas, and each takes milliseconds to compile. */
class Validators {
  readonly #allErrors: boolean
  readonly #compiled = new WeakMap<object, ValidateFunction>()
  #ajv: Ajv | undefined

  constructor(allErrors: boolean) {
    this.#allErrors = allErrors
  }

  of(schema: object): ValidateFunction {
    let validate = this.#compiled.get(schema)
    // Stryker disable next-line ConditionalExpression: to compile each time only takes longer.
    if (!validate) {
      this.#ajv ??= this.#load()
      validate = this.#ajv.compile(schema)
      this.#compiled.set(schema, validate)
    }
    return validate
  }

  // Loaded on first use, because Ajv loads slowly and a start needs no validation.
  #load(): Ajv {
    const module = require('ajv') as typeof import('ajv')
    return new module.Ajv({ ...options, allErrors: this.#allErrors })
  }
}

const ofAllErrors = new Validators(true)
// Stryker disable next-line BooleanLiteral: the others would only take memory.
const ofFirstError = new Validators(false)

/** Returns a validator that reports all errors. */
export const validatorOf = (schema: object) => ofAllErrors.of(schema)

/** Returns a validator that stops at the first error, so that the errors of a large value do not fill the memory. */
export const firstErrorValidatorOf = (schema: object) => ofFirstError.of(schema)
