import { catalogue, type CollectionEvent } from './catalogue.ts';

export interface SplitEvent {
  /** Not personal: travels in clear. */
  readonly readable: Record<string, unknown>;
  /** Group id to its fields; a group of which nothing is present is left out. */
  readonly groups: Record<string, Record<string, unknown>>;
  /** Names of the personal fields that are present. */
  readonly present: string[];
}

/** Parts an event's data into what may be read and what must be sealed; the subject's identifiers are sealed too. */
export function splitEvent(event: CollectionEvent): SplitEvent {
  const definition = catalogue[event.type];
  const data: Record<string, unknown> = event.data;
  const readable: Record<string, unknown> = {};
  for (const name of definition.readable) {
    if (data[name] !== undefined) readable[name] = data[name];
  }
  const groups: Record<string, Record<string, unknown>> = {};
  const present: string[] = [];
  for (const { id, fields } of definition.groups) {
    let group: Record<string, unknown> | undefined;
    for (const name of fields) {
      if (data[name] === undefined || (name === 'subject' && Object.keys(event.data.subject).length === 0))
        continue;
      group ??= groups[id] = {};
      group[name] = data[name];
      present.push(name);
    }
  }
  return { readable, groups, present };
}
