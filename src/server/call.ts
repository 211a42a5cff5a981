import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The schemas of the parameters, query and body of a call. */
export interface Schemas {
  params?: object
  query?: object
  body?: object
}

/** The TypeScript type of a TypeBox schema. */
type Taken<S> = (TypeBoxTypeProvider & { schema: S })['validator']

/** A request that has been validated against the schemas. */
export type Call<S extends Schemas = object> = CallOf<
  S extends { params: infer P } ? P : unknown,
  S extends { query: infer Q } ? Q : unknown,
  S extends { body: infer B } ? B : unknown
>

type CallOf<Params, Query, Body> = FastifyRequest & {
  params: Taken<Params>
  query: Taken<Query>
  body: Taken<Body>
}

type Runs = Schemas & { run: (call: Call, reply: FastifyReply) => unknown }

/** Makes a row of a route table. It checks that the operation fits the schemas. */
export type MakeRow<Row extends Runs> = <Params, Query, Body>(
  row: Omit<Row, 'run' | keyof Schemas> & {
    params?: Params
    query?: Query
    body?: Body
    run: (
      call: CallOf<NoInfer<Params>, NoInfer<Query>, NoInfer<Body>>,
      reply: FastifyReply,
    ) => ReturnType<Row['run']>
  },
) => Row
