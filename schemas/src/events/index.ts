export * from './catalogue.ts';
export { cookieKinds, type CookieKind } from './cookie.ts';
export { categories, type Category, type GroupDefinition } from './define.ts';
export { sourceSchema, tenantSchema } from './envelope.ts';
export { identifierKinds, normaliseIdentifier, strongIdentifierKinds, subjectSchema } from './identifiers.ts';
export type { IdentifierKind, Subject } from './identifiers.ts';
export { issueCodes, type Issue, type IssueCode } from './issues.ts';
export * from './parse.ts';
export * from './split.ts';
