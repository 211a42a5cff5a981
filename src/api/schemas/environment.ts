import { Type } from '@sinclair/typebox'
import { NAME_MAX_LENGTH } from '../../rules/caps.ts'

const fields = {
  name: Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH }),
  urls: Type.Optional(Type.Array(Type.Object({ locale: Type.String(), url: Type.String() }))),
  deploy_content: Type.Optional(Type.Boolean()),
  servers: Type.Optional(Type.Array(Type.Unknown())),
}

export const CreateEnvironment = Type.Object({ environment: Type.Object(fields) })
export const UpdateEnvironment = Type.Object({ environment: Type.Partial(Type.Object(fields)) })

export const EnvironmentParameters = Type.Object({ name: Type.String() })
