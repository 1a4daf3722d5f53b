import {
  catalogue,
  eventTypes,
  identifierKinds,
  importConditionsSchema,
  normaliseIdentifier,
  subjectSchema,
  tenantSchema,
  type Category,
  type EventDefinition,
  type Identifier,
  type ImportConditions,
  type Imported,
  type Labels,
  type Policies,
  type Policy,
  type Scope,
} from '@keiro/schemas';
import { scan } from '@keiro/schemas/events/scan';
import { z } from 'zod';
import { reasons } from './import-columns.ts';
import { hasEnded, unruledBy, versionOf } from './import-policy.ts';

/** One record that the holder has, as its row says it. */
export interface ImportRow {
  readonly line: number;
  readonly category: Category;
  /** Normalised, in the order of priority. */
  readonly identifiers: readonly [Identifier, ...Identifier[]];
  readonly locator?: string;
  readonly collected?: Date;
  /** Names of the personal fields, those of the identifiers among them. */
  readonly present: readonly string[];
  readonly groups: readonly string[];
  readonly site: string;
  readonly scope: Scope;
  readonly policy: Policy;
  readonly version: Imported['version'];
  readonly conditions: ImportConditions;
  /** What the row itself says: the same in every run, whatever the day and the options. */
  readonly said: unknown;
  /** By the policy every part of it should be gone by now. */
  readonly isPastEnd: boolean;
}

/** Why a row can't be imported: its field and what is wanted. Never holds a value. */
export interface RowFault {
  readonly field: string;
  readonly reason: Labels;
}

export interface RowContext {
  readonly holder: { readonly id: string; readonly categories: readonly string[] };
  /** Host names of our own sites; the first is that of rows that name none. */
  readonly sites: readonly [string, ...string[]];
  readonly policies: Policies;
  readonly now: Date;
}

const definitions = new Map<string, EventDefinition>(
  eventTypes.map((type) => [catalogue[type].category, catalogue[type]]),
);
const day = z.iso.date();
const instant = z.union([day, z.iso.datetime({ offset: true })]);
const hostName = z.hostname().max(253);
const longestLocator = 3000;
const aheadMs = 24 * 3_600_000;

/** Reads what one row says, and every fault that it has at once. Pure. */
export function readRow(
  line: number,
  fields: Readonly<Record<string, unknown>>,
  context: RowContext,
): ImportRow | readonly RowFault[] {
  const faults: RowFault[] = scan(fields).map(({ field, code }) => ({
    field: field.split('.')[0] ?? '(row)',
    reason: code === 'card_number' ? reasons.card : reasons.unsafe,
  }));
  const refuse = (field: string, reason: Labels): void => {
    if (!faults.some((one) => one.field === field)) faults.push({ field, reason });
  };
  /** The value of a field in its shape; absent where nothing is said or it was refused. */
  const take = <T>(field: string, schema: z.ZodType<T>, reason: Labels): T | undefined => {
    const value = textOf(fields[field]);
    if (value === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    refuse(field, reason);
    return undefined;
  };

  const definition = definitions.get(String(textOf(fields['category'])));
  if (definition === undefined) refuse('category', reasons.category);
  else if (!context.holder.categories.includes(definition.category))
    refuse('category', reasons.notRegistered);
  const identifiers = identifierKinds.flatMap((kind): Identifier[] => {
    const value = take(kind, subjectSchema.shape[kind].unwrap(), reasons.identifier);
    return value === undefined ? [] : [{ kind, value: normaliseIdentifier(kind, value) }];
  });
  const [first, ...others] = identifiers;
  if (first === undefined && faults.length === 0) refuse('(row)', reasons.nobody);
  const locator = take('locator', z.string().refine(fitsSealed), reasons.locator);
  const collected = dateOf(take('collected', instant, reasons.collected));
  if (collected !== undefined && collected.getTime() > context.now.getTime() + aheadMs)
    refuse('collected', reasons.future);
  const present = definition === undefined ? [] : presentOf(definition, fields['fields']);
  if (present === undefined) refuse('fields', reasons.fields);
  const site = take('site', hostName, reasons.site)?.toLowerCase();
  if (site !== undefined && !context.sites.includes(site)) refuse('site', reasons.site);
  const tenant = take('tenant', tenantSchema, reasons.tenant);
  const scope: Scope = tenant === undefined ? { kind: 'ours' } : { kind: 'entrusted', tenant };
  const conditions = conditionsOf(take);
  const named = take('policy', day, reasons.policy);
  const found = versionOf(named, collected ?? context.now, context.policies);
  if (!('policy' in found)) refuse('policy', found);
  if (
    definition === undefined ||
    first === undefined ||
    present === undefined ||
    !('policy' in found) ||
    faults.length > 0
  )
    return faults;

  const { policy, version } = found;
  const groups = definition.groups
    .filter((group) => group.fields.some((field) => present.includes(field)))
    .map(({ id }) => id);
  const unruled = scope.kind === 'ours' ? unruledBy(policy, groups, conditions) : undefined;
  if (unruled !== undefined) return [unruled];
  const { category } = definition;
  return {
    line,
    category,
    identifiers: [first, ...others],
    ...(locator === undefined ? {} : { locator }),
    ...(collected === undefined ? {} : { collected }),
    present,
    groups,
    site: site ?? context.sites[0],
    scope,
    policy,
    version,
    conditions,
    said: {
      holder: context.holder.id,
      category,
      identifiers,
      locator: locator ?? null,
      collected: collected?.toISOString() ?? null,
      present: present.toSorted(),
      site: site ?? null,
      policy: named ?? null,
      tenant: tenant ?? null,
      conditions,
    },
    isPastEnd:
      scope.kind === 'ours' &&
      collected !== undefined &&
      groups.every((group) => hasEnded(policy, group, conditions, collected, context.now)),
  };
}

/** Numbers and truth values of JSON as the texts that CSV would have. */
function textOf(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value.trim() || undefined : value;
}

const fitsSealed = (locator: string) => Buffer.byteLength(locator) <= longestLocator;

/** A day begins in Japan (L1). */
function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  return new Date(day.safeParse(text).success ? `${text}T00:00:00+09:00` : text);
}

/** All fields of the category, or those named and the identifiers; undefined where one is no field of it. */
function presentOf(definition: EventDefinition, given: unknown): readonly string[] | undefined {
  const known = definition.groups.flatMap(({ fields }) => fields);
  if (given === undefined || given === '') return known;
  const list: unknown[] = Array.isArray(given)
    ? given
    : typeof given === 'string'
      ? given.split(/[\s,;|]+/)
      : [];
  const names = new Set(['subject', ...list.filter((name) => name !== '')]);
  const isKnown = [...names].every((name) => typeof name === 'string' && known.includes(name));
  return isKnown && list.length > 0 ? known.filter((name) => names.has(name)) : undefined;
}

function conditionsOf(
  take: <T>(field: string, schema: z.ZodType<T>, reason: Labels) => T | undefined,
): ImportConditions {
  const { cookieKind: kinds } = importConditionsSchema.shape;
  const optIn = take('marketingOptIn', z.enum(['true', 'false']), reasons.marketingOptIn);
  const cookieKind = take('cookieKind', kinds, reasons.cookieKind);
  return {
    ...(optIn === undefined ? {} : { marketingOptIn: optIn === 'true' }),
    ...(cookieKind === undefined ? {} : { cookieKind }),
  };
}
