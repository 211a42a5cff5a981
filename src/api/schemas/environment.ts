import { Type } from '@sinclair/typebox'
import { ENVIRONMENT_NAME } from '../../rules/environments.ts'

const fields = {
  name: Type.String({ minLength: 1, pattern: ENVIRONMENT_NAME }),
  // A: an entry may lack either key.
  urls: Type.Optional(
    Type.Array(Type.Object({ locale: Type.Optional(Type.String()), url: Type.Optional(Type.String()) })),
  ),
  deploy_content: Type.Optional(Type.Boolean()),
  servers: Type.Optional(Type.Array(Type.Unknown())),
}

export const CreateEnvironment = Type.Object({ environment: Type.Object(fields) })
export const UpdateEnvironment = Type.Object({ environment: Type.Partial(Type.Object(fields)) })

export const EnvironmentParameters = Type.Object({ name: Type.String() })
