import { route, type Route } from '@keiro/runtime';
import {
  answerCodeSchema,
  identityAnswerSchema,
  identityViewSchema,
  seenAuthoritySchema,
  seenDocumentsSchema,
  sendCodeSchema,
  sessionTokenSchema,
} from '@keiro/schemas';
import type { IdentityHandler } from './handle.ts';

/** The check of who asks (R9, APPI 37). Codes and tokens come in bodies only. */
export function identityRoutes(handler: IdentityHandler): Route[] {
  const idOf = ({ id = '' }: Readonly<Record<string, string>>): string => id;
  return [
    route({
      method: 'GET',
      path: '/v1/requests/:id/identity',
      summary: 'Which ways to confirm the identity are open, how many tries are left and until when',
      right: 'requests:read',
      answer: identityViewSchema,
      handle: ({ params }) => handler.view(idOf(params)),
    }),
    route({
      method: 'POST',
      path: '/v1/requests/:id/identity/code',
      summary: 'Sends a one-time code to the registered contact, if there is one: the answer does not tell',
      right: 'requests:write',
      body: sendCodeSchema,
      status: 202,
      answer: identityAnswerSchema,
      handle: ({ params, client }) => handler.sendCode(idOf(params), client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/requests/:id/identity/answer',
      summary: 'The code that the person received',
      right: 'requests:write',
      body: answerCodeSchema,
      answer: identityAnswerSchema,
      handle: ({ params, body, client }) => handler.answerCode(idOf(params), body.code, client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/requests/:id/identity/session',
      summary: 'A signed token of the company’s own sign-in: its member must be the person of the request',
      right: 'requests:write',
      body: sessionTokenSchema,
      answer: identityAnswerSchema,
      handle: ({ params, body, client }) => handler.presentSession(idOf(params), body.token, client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/requests/:id/identity/documents',
      summary:
        'What documents of the person an operator has seen: kinds and a case, nothing of their content',
      right: 'identity:confirm',
      body: seenDocumentsSchema,
      answer: identityAnswerSchema,
      handle: ({ params, body, client }) => handler.seeDocuments(idOf(params), body, client.name),
    }),
    route({
      method: 'POST',
      path: '/v1/requests/:id/identity/agent',
      summary: 'Who asks in the person’s name: the authority and the agent’s own documents that were seen',
      right: 'identity:confirm',
      body: seenAuthoritySchema,
      answer: identityAnswerSchema,
      handle: ({ params, body, client }) => handler.seeAuthority(idOf(params), body, client.name),
    }),
  ];
}
