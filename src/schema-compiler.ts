import { Ajv, type ValidateFunction } from 'ajv'

/**
 * Nothing is coerced, removed or filled in: a name 123 is not "123". All errors at once.
 */
const ajv = new Ajv({
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: true,
  allowUnionTypes: true,
  // A schema may ask for properties without asking for an object.
  strictTypes: false,
  // The errors then carry the value, which tells a null from a wrong type.
  verbose: true,
})

const compiled = new WeakMap<object, ValidateFunction>()

/** Compiles a schema at its first use, since most of a server's are never used and each costs milliseconds. */
export function validatorOf<T = unknown>(schema: object): ValidateFunction<T> {
  let validate = compiled.get(schema)
  if (!validate) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  return validate as ValidateFunction<T>
}
