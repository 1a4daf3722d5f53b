import type { EventType } from '../events/catalogue.ts';
import type { IssueCode } from '../events/issues.ts';
import type { factType } from '../facts.ts';

/** Host names that count as ours in the examples. */
export const exampleSites = ['www.demo.example', 'shop.demo.example'] as const;

/** A document as a producer might send it, with what the door says to it. People and hosts are invented. */
export interface Example {
  /** `<type>.valid|invalid.<what it shows>` */
  readonly name: string;
  readonly type: EventType | typeof factType;
  readonly document: unknown;
  /** Absent: it is accepted. Otherwise the one field that is wrong, and how. */
  readonly refused?: { readonly field: string; readonly code: IssueCode };
}

type Data = Readonly<Record<string, unknown>>;

export interface Variants {
  readonly valid: (name: string, data: Data, envelope?: Data) => Example;
  readonly invalid: (name: string, field: string, code: IssueCode, data: Data, envelope?: Data) => Example;
}

/** Documents of one type that differ from its plainest one in `data` or in the envelope; `undefined` takes a field away. */
export function variantsOf(type: Example['type'], subject: Data, required: Data): Variants {
  const document = (data: Data, envelope: Data = {}): Data =>
    without({
      specversion: '1.0',
      id: `${type}-0001`,
      source: 'demo-site',
      type,
      time: '2026-04-01T09:00:00+09:00',
      policyversion: '2017-02-02',
      data: without({ subject, site: 'www.demo.example', ...required, ...data }),
      ...envelope,
    });
  return {
    valid: (name, data, envelope) => ({
      name: `${type}.valid.${name}`,
      type,
      document: document(data, envelope),
    }),
    invalid: (name, field, code, data, envelope) => ({
      name: `${type}.invalid.${name}`,
      type,
      document: document(data, envelope),
      refused: { field, code },
    }),
  };
}

/** As JSON would carry it: what is undefined is not there. */
function without(fields: Data): Data {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
