// The calls of the description, as a generator of requests reads them. From `/openapi.json` alone: what is not
// in there is not asked.

import * as z from 'zod'

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  schema: z.unknown(),
})

const operation = z.object({
  operationId: z.string(),
  parameters: z.array(parameter).optional(),
  requestBody: z
    .object({
      content: z.record(z.string(), z.object({ schema: z.unknown(), example: z.unknown() })),
    })
    .optional(),
  responses: z.record(z.string(), z.unknown()),
  security: z.array(z.unknown()),
})

const description = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

export type ApiCall = {
  readonly method: string
  /** With `{name}` for each of its parameters. */
  readonly path: string
  readonly parameters: readonly z.output<typeof parameter>[]
  readonly body: {
    readonly type: string
    readonly schema: unknown
    readonly example: unknown
  } | null
  readonly statuses: readonly string[]
}

/** @throws where it is no description that we know */
export function readCalls(document: unknown): readonly ApiCall[] {
  const { paths } = description.parse(document)
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const [content] = Object.entries(requestBody?.content ?? {})
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        body: content === undefined ? null : { type: content[0], ...content[1] },
        statuses: Object.keys(responses),
      }
    }),
  )
}
