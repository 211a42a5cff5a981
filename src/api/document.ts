import { documentOf } from '../server/openapi.ts'
import { PREFIX, routes } from './routes.ts'

const header = (name: string) => ({ type: 'apiKey', in: 'header', name })

/** The OpenAPI document of the emulated API. */
export const apiDocument = () =>
  documentOf(
    {
      title: 'Content Management API as contentstack-tokens-mock emulates it',
      description: "What a request may hold. Contentstack's documentation describes the responses.",
      components: {
        securitySchemes: {
          api_key: header('api_key'),
          authtoken: header('authtoken'),
          authorization: header('authorization'),
        },
      },
      security: [
        { api_key: [], authtoken: [] },
        { api_key: [], authorization: [] },
      ],
    },
    routes.map(({ operation, path, ...call }) => ({
      ...call,
      path: `${PREFIX}${path}`,
      summary: operation,
    })),
  )
