import type { z } from 'zod';
import { catalogue, isEventType, type CollectionEvent } from './catalogue.ts';
import { factSchema, factType, type Fact } from '../facts.ts';
import { fromZod, issue, type Issue } from './issues.ts';
import { scan } from './scan.ts';

type Parsed<T> = { readonly ok: true; readonly event: T } | { readonly ok: false; readonly issues: Issue[] };
export type ParsedEvent = Parsed<CollectionEvent>;

export interface ParseOptions {
  /** Host names of our own sites, lower case (X1). */
  readonly sites: readonly string[];
  /** Versions of the policy that exist (V1). */
  readonly policyVersions: readonly string[];
}

/**
 * Reads one event from a producer, and names everything that is wrong with it at once (at most 100 fields).
 * Never throws. Values are kept as they came: normalising is for refs alone.
 */
export function parseEvent(input: unknown, options: ParseOptions): ParsedEvent {
  return parseAs(input, options, eventSchemaOf);
}

/** The same for what comes through the door: an event or a fact. */
export function parseMessage(input: unknown, options: ParseOptions): Parsed<CollectionEvent | Fact> {
  return parseAs<CollectionEvent | Fact>(input, options, (type) =>
    type === factType ? factSchema : eventSchemaOf(type),
  );
}

function eventSchemaOf(type: unknown): z.ZodType<CollectionEvent> | undefined {
  return isEventType(type) ? catalogue[type].schema : undefined;
}

function parseAs<T extends CollectionEvent | Fact>(
  input: unknown,
  options: ParseOptions,
  schemaOf: (type: unknown) => z.ZodType<T> | undefined,
): Parsed<T> {
  const unfit = scan(input);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refuse([...unfit, issue([], 'type')]);
  }
  const type = field(input, 'type');
  const schema = schemaOf(type);
  if (schema === undefined) {
    return refuse([...unfit, issue(['type'], type === undefined ? 'required' : 'unknown_type')]);
  }
  const result = schema.safeParse(input);
  if (!result.success) {
    return refuse([
      ...unfit,
      ...fromZod(result.error, input),
      ...foreignSite(field(field(input, 'data'), 'site'), options),
    ]);
  }
  const event = result.data;
  const issues = [...unfit, ...foreignSite(event.data.site, options)];
  if (!options.policyVersions.includes(event.policyversion)) {
    issues.push(issue(['policyversion'], 'unknown_policy_version'));
  }
  return issues.length === 0 ? { ok: true, event } : refuse(issues);
}

/** More would only make a long answer to nonsense. */
const maxIssues = 100;

/** One issue a field, the gravest, which is found first. */
function refuse(issues: readonly Issue[]): { readonly ok: false; readonly issues: Issue[] } {
  const byField = new Map<string, Issue>();
  for (const one of issues) if (!byField.has(one.field)) byField.set(one.field, one);
  return { ok: false, issues: [...byField.values()].slice(0, maxIssues) };
}

function foreignSite(site: unknown, options: ParseOptions): Issue[] {
  const isOurs = typeof site !== 'string' || options.sites.includes(site.toLowerCase());
  return isOurs ? [] : [issue(['data', 'site'], 'foreign_site')];
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
