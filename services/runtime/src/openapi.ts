import { z } from 'zod';
import type { Route, SignedRoute } from './route.ts';

/** OpenAPI 3.1 of a service, from the very schemas that its routes check with. */
export function openApi(
  service: string,
  routes: readonly Route[],
  signed: readonly SignedRoute[] = [],
): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const spec of routes) {
    const { path, parameters } = placeOf(spec.path);
    paths[path] = {
      ...paths[path],
      [spec.method.toLowerCase()]: {
        summary: spec.summary,
        security: [{ bearer: [] }],
        description: `Right: ${spec.right}`,
        ...(parameters.length > 0 ? { parameters } : {}),
        ...(spec.body === undefined
          ? {}
          : {
              requestBody: {
                required: true,
                content: { 'application/json': { schema: toSchema(spec.body, 'input') } },
              },
            }),
        responses: {
          [String(spec.status ?? 200)]: {
            description: 'as asked',
            content: { [spec.type ?? 'application/json']: { schema: toSchema(spec.answer, 'output') } },
          },
          default: {
            description: 'RFC 9457',
            content: { 'application/problem+json': { schema: problemSchema } },
          },
        },
      },
    };
  }
  for (const spec of signed) {
    const { path, parameters } = placeOf(spec.path);
    const responses = Object.fromEntries(
      Object.entries(spec.answers).map(([status, description]) => [status, { description }]),
    );
    paths[path] = {
      post: {
        summary: spec.summary,
        security: [],
        ...(parameters.length > 0 ? { parameters } : {}),
        responses,
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Keiro ${service}`, version: '0.1.0' },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

/** A path as OpenAPI writes it, and the parameters in it. */
function placeOf(route: string) {
  return {
    path: route.replaceAll(/:(\w+)/g, '{$1}'),
    parameters: [...route.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
  };
}

const toSchema = (schema: z.ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' });

const problemSchema = z.toJSONSchema(
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    errors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })).optional(),
  }),
);
