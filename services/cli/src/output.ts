import { styleText } from 'node:util';
import type { Labels } from '@keiro/schemas';
import { Option } from 'commander';
import stringWidth from 'string-width';

/** Both languages, Japanese first, unless one is asked for (L2). */
export const languages = ['both', 'ja', 'en'] as const;
export type Language = (typeof languages)[number];

/** `--lang`, as the reading commands have it. */
export const languageOption = () =>
  new Option('--lang <language>', 'language of what is printed').choices(languages).default('both');

export function say(labels: Labels, language: Language): string {
  if (language !== 'both') return labels[language];
  return labels.ja === labels.en ? labels.ja : `${labels.ja} ${labels.en}`;
}

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

/** Colours are for people at a terminal; a file or another program gets plain text. */
export function painter(terminal: boolean): Paint {
  return terminal ? (style, text) => styleText(style, text) : (_style, text) => text;
}

/** Whether colours belong on standard output (https://no-color.org). */
export function isTerminal(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdout.isTTY && (env['NO_COLOR'] ?? '') === '';
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export interface Node {
  readonly text: string;
  readonly children?: readonly Node[];
}

/** Lines of a tree; the roots stand at the margin. */
export function renderTree(roots: readonly Node[], paint: Paint): string {
  const lines: string[] = [];
  const walk = (nodes: readonly Node[], indent: string) => {
    for (const [position, node] of nodes.entries()) {
      const last = position === nodes.length - 1;
      lines.push(`${paint('dim', `${indent}${last ? '└─' : '├─'}`)} ${node.text}`);
      walk(node.children ?? [], `${indent}${last ? '   ' : '│  '}`);
    }
  };
  for (const [position, root] of roots.entries()) {
    if (position > 0) lines.push('');
    lines.push(root.text);
    walk(root.children ?? [], '');
  }
  return `${lines.join('\n')}\n`;
}

/** Pads to a width in columns: a Japanese character takes two, colours take none. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** Cells under each other, two spaces apart, without trailing space. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines of a tree whose cells stand under each other. */
export const leaves = (rows: readonly (readonly string[])[]): Node[] => align(rows).map((text) => ({ text }));

export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const [head = '', ...body] = align([header, ...rows]);
  return `${[paint('bold', head), ...body].join('\n')}\n`;
}

const tokyoSecond = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Tokyo',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const tokyoDay = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', dateStyle: 'short' });
const tokyoClock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', timeStyle: 'medium' });

/** `2026-03-01 14:02:11` in Tokyo (L1). */
export const at = (instant: string) => tokyoSecond.format(new Date(instant));
export const day = (instant: string) => tokyoDay.format(new Date(instant));
export const clock = (instant: string) => tokyoClock.format(new Date(instant));

export const number = (value: number) => value.toLocaleString('en-US');

/** `3 min`, `2 h`, `5 d`: how long ago. */
export function age(instant: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(instant)) / 1000));
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`;
  if (seconds < 86_400) return `${String(Math.floor(seconds / 3600))} h`;
  return `${String(Math.floor(seconds / 86_400))} d`;
}
