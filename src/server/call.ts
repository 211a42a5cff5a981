import type { FastifyRequest } from 'fastify'

/** The schemas of what a call takes. */
export interface Schemas {
  params?: object
  query?: object
  body?: object
}

/** The type of what a schema takes, as TypeBox carries it. */
type Taken<S> = S extends { static: infer T } ? T : unknown

/** A request that fits the schemas. */
export type Call<S extends Schemas = object> = CallOf<
  S extends { params: infer P } ? P : unknown,
  S extends { query: infer Q } ? Q : unknown,
  S extends { body: infer B } ? B : unknown
>

export type CallOf<Params, Query, Body> = FastifyRequest & {
  params: Taken<Params>
  query: Taken<Query>
  body: Taken<Body>
}
