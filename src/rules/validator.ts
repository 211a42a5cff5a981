import { Ajv, type ValidateFunction } from 'ajv'

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

type Compiled = WeakMap<object, ValidateFunction>
const ofAllErrors: { ajv: Ajv; compiled: Compiled } = {
  ajv: new Ajv({ ...options, allErrors: true }),
  compiled: new WeakMap(),
}
const ofFirstError: { ajv: Ajv; compiled: Compiled } = { ajv: new Ajv(options), compiled: new WeakMap() }

/** Finds all errors at once. */
export const validatorOf = <T = unknown>(schema: object) => compile<T>(schema, ofAllErrors)

/** Finds the first error, so that the errors of a large value do not fill the memory. */
export const firstErrorValidatorOf = <T = unknown>(schema: object) => compile<T>(schema, ofFirstError)

/** Compiles a schema at its first use, since most of a server's are never used and each costs milliseconds. */
function compile<T>(
  schema: object,
  { ajv, compiled }: { ajv: Ajv; compiled: Compiled },
): ValidateFunction<T> {
  let validate = compiled.get(schema)
  if (!validate) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  return validate as ValidateFunction<T>
}
