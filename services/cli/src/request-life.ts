import type { RequestSummary, RequestView } from '@keiro/schemas';
import { at, say, type Node } from './output.ts';
import type { TreeOptions } from './request-tree.ts';
import { actorWord, words } from './words.ts';

/** Who brings a request on, and whether it is late (R7). Pure. */
export function nextText({ next, overdue }: RequestSummary): string {
  if (next === undefined) return '';
  const actor = say(actorWord(next.actor), 'both');
  return overdue === true ? `${actor} (${say(words.overdue, 'both')})` : actor;
}

/** What a request rests on, what was decided about it, and who acts next. Pure. */
export function lifeLines(view: RequestView, { language, paint }: TreeOptions): Node[] {
  const { next, overdue, rests, refusals = [], fee, fields = [], missing = [] } = view;
  const lines: string[] = [];
  if (rests !== undefined) {
    const on = say(rests.on === 'law' ? words.theLaw : words.thePolicy, language);
    lines.push(`${say(words.rests, language)}: ${[on, rests.row, ...rests.articles].join('  ')}`);
  }
  if (next !== undefined) {
    const late = overdue === true ? `  ${paint('red', say(words.overdue, language))}` : '';
    lines.push(
      `${say(words.nextActor, language)}: ${say(actorWord(next.actor), language)}  ${at(next.by)}${late}`,
    );
  }
  if (fields.length > 0) lines.push(`${say(words.fieldsSet, language)}: ${fields.join(', ')}`);
  if (missing.length > 0) lines.push(`${say(words.missing, language)}: ${missing.join(', ')}`);
  if (fee !== undefined) {
    const paid = fee.paidAt === undefined ? '' : `  ${say(words.paid, language)} ${at(fee.paidAt)}`;
    lines.push(`${say(words.fee, language)}: ${String(fee.yen)} JPY  ${at(fee.until)}${paid}`);
  }
  for (const { label, reason, parts } of refusals) {
    const of = parts.length === 0 ? '' : `  ${say(words.refusedParts, language)}: ${parts.join(', ')}`;
    lines.push(`${say(words.ground, language)}: ${say(label, language)}${of}  ${say(reason, language)}`);
  }
  if (view.waitingFor !== undefined) lines.push(view.waitingFor);
  return lines.map((text) => ({ text }));
}
