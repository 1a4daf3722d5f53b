import { appendFileSync } from 'node:fs';

export interface AccessLine {
  readonly address: string;
  /** Id of the member who was logged in. */
  readonly member: string | undefined;
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');
const quoted = (value: string | undefined) =>
  value === undefined || value === ''
    ? '-'
    : // As Apache does: what would end the field is escaped; a control character would end the line.
      value.replaceAll(/["\\]/g, '\\$&').replaceAll(/\p{Cc}/gu, ' ');

/** One request in Combined Log Format, in UTC. */
export function combinedLine(line: AccessLine): string {
  const { at } = line;
  const date = `${two(at.getUTCDate())}/${months[at.getUTCMonth()] ?? ''}/${String(at.getUTCFullYear())}`;
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
  return [
    line.address,
    '-',
    line.member ?? '-',
    `[${date}:${time}]`,
    `"${quoted(`${line.method} ${line.path} ${line.protocol}`)}"`,
    String(line.status),
    String(line.bytes),
    `"${quoted(line.referer)}"`,
    `"${quoted(line.userAgent)}"`,
  ].join(' ');
}

/** Appends whole lines. The file is opened anew each time, so that it may be moved away once it has been captured. */
export function accessLogTo(file: string): (line: AccessLine) => void {
  return (line) => {
    appendFileSync(file, `${combinedLine(line)}\n`, { mode: 0o600 });
  };
}
