import swagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import { version } from './version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI document of the control API. */
    controlDocument(): object
    /** The OpenAPI document of the emulated API. */
    apiDocument(): object
  }
}

const header = (name: string) => ({ type: 'apiKey', in: 'header', name }) as const

/** Makes a document of each API from the schemas of its routes. To be registered before them. */
export const openapi = fp(
  async (app) => {
    await app.register(swagger, {
      decorator: 'controlDocument' as 'swagger',
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Control API of contentstack-tokens-mock', version },
      },
      transform: ({ schema, url }) => ({ schema: url.startsWith('/_mock') ? schema : { hide: true }, url }),
    })
    await app.register(swagger, {
      decorator: 'apiDocument' as 'swagger',
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Content Management API as contentstack-tokens-mock emulates it',
          description: "What a request may hold. Contentstack's documentation describes the responses.",
          version,
        },
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
      transform: ({ schema, url, route }) => {
        if (!url.startsWith('/v3')) return { schema: { hide: true }, url }
        const summary = route.config?.operation
        return { schema: { ...schema, ...(summary && { summary }) }, url }
      },
    })
  },
  { name: 'openapi' },
)
