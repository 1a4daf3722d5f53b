import { isIP } from 'node:net';
import type { EventOf, Policies } from '@keiro/schemas';

/** One line of an access log as Apache and nginx write it; what the line leaves out (`-`) is absent. */
export interface AccessLine {
  readonly ip?: string;
  readonly member?: string;
  readonly time: Date;
  /** RFC 3339 with the log's own offset. */
  readonly timeText: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly bytes?: number;
  readonly referer?: string;
  readonly userAgent?: string;
}

/** Longer lines are not read: no server writes them, and a binary file would be one. Bytes. */
export const longestLine = 65_536;

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
/** Combined Log Format, what a server appends to it, and the Common Log Format, which ends after the bytes. */
const line = new RegExp(
  String.raw`^(\S+) \S+ (.+?) \[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})\] ` +
    String.raw`${quoted} (\d{3}|-) (\d+|-)(?: ${quoted} ${quoted}(?: .*)?)?$`,
);
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Reads a line without its end; undefined where it is no line of that format. */
export function parseAccessLine(text: string): AccessLine | undefined {
  const found = line.exec(text);
  if (found === null) return undefined;
  const [, host = '', user = '', day = '', month = '', year = '', clock = '', hours = '', minutes = ''] =
    found;
  const [request = '', status = '', bytes = '', referer, userAgent] = found.slice(9);
  const timeText = `${year}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${day}T${clock}${hours}:${minutes}`;
  const time = new Date(timeText);
  // The clock of a day that does not exist (31 April) would roll over into the next month.
  if (Number.isNaN(time.getTime()) || !existsOnCalendar(timeText)) return undefined;
  return {
    ...optional('ip', addressOf(host)),
    ...optional('member', memberOf(user, status)),
    time,
    timeText,
    ...readRequest(unescapeField(request)),
    ...(status === '-' ? {} : { status: Number(status) }),
    ...(bytes === '-' ? {} : { bytes: Number(bytes) }),
    ...optional('referer', textOf(referer)),
    ...optional('userAgent', textOf(userAgent)),
  };
}

function existsOnCalendar(timeText: string): boolean {
  const date = timeText.slice(0, 10);
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** A host name instead of an address, or the socket of a local proxy, is left out. An IPv6 zone is the server's own. */
function addressOf(host: string): string | undefined {
  const address = host.split('%', 1)[0] ?? '';
  return isIP(address) === 0 ? undefined : address;
}

/** A server logs a name that it has not verified too, with status 401: that proves nobody. */
function memberOf(user: string, status: string): string | undefined {
  return status === '401' ? undefined : textOf(user);
}

function textOf(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const text = unescapeField(field).trim();
  return text === '' || text === '-' || text === '""' ? undefined : text;
}

const normalRequest = /^([A-Z][A-Z-]{0,31}) (\S(?:.*\S)?) HTTP\/\d(?:\.\d)?$/;
const oldRequest = /^(GET) (\S+)$/;

/** What is no request line (a TLS greeting, a bare word) is kept as it is, in place of the path. */
function readRequest(request: string): { method?: string; path?: string } {
  const found = normalRequest.exec(request) ?? oldRequest.exec(request);
  if (found !== null) return { ...optional('method', found[1]), ...optional('path', found[2]) };
  return request === '' || request === '-' ? {} : { path: request };
}

/**
 * Undoes a server's escapes where the result is text: `\"`, `\\`, and `\xHH` for bytes that are UTF-8. Control
 * characters stay escaped.
 */
function unescapeField(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/\\(["\\])|(?:\\x[0-9a-fA-F]{2})+/g, (escape, plain: string | undefined) => {
    if (plain !== undefined) return plain;
    const text = Buffer.from(escape.replaceAll('\\x', ''), 'hex').toString('utf8');
    return /[\p{Cc}\ufffd]/u.test(text) ? escape : text;
  });
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

/**
 * The `access` event (C4) of a line. Throws RangeError for a line from before the first policy: nothing says what
 * such data may be used for.
 */
export function toAccessEvent(
  entry: AccessLine,
  origin: { readonly id: string; readonly source: string; readonly site: string },
  policies: Policies,
): EventOf<'access'> {
  const { ip, member, method, path, status, bytes, referer, userAgent } = entry;
  const outcome =
    status === 401 ? ('denied' as const) : member === undefined ? undefined : ('granted' as const);
  return {
    specversion: '1.0',
    id: origin.id,
    source: origin.source,
    type: 'access',
    time: entry.timeText,
    policyversion: policies.inForce(entry.time).version,
    data: {
      subject: { ...optional('member', member) },
      site: origin.site,
      ...(status === undefined ? {} : { status }),
      ...(bytes === undefined ? {} : { bytes }),
      ...optional('method', method),
      ...optional('ip', ip),
      ...optional('userAgent', userAgent),
      ...(outcome === undefined ? {} : { outcome }),
      ...optional('path', path),
      ...optional('referer', referer),
    },
  };
}
