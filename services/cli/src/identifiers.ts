import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { identifierKinds, type IdentifierKind } from '@keiro/schemas';

export type IdentifierOptions = Partial<Record<IdentifierKind, string>>;

/** `--member ID`, `--email ADDRESS` …: by which identifier the person is meant. */
export function withIdentifiers(command: Command): Command {
  const values = { member: 'id', email: 'address', phone: 'number', payer: 'id', cookie: 'id', device: 'id' };
  const meanings = {
    member: 'of the account',
    email: 'in any spelling: width and case do not matter',
    phone: 'Japanese unless it begins with +',
    payer: 'as the payment provider has it',
    cookie: 'as the browser sends it',
    device: 'as the device sends it',
  };
  for (const kind of identifierKinds) command.option(`--${kind} <${values[kind]}>`, meanings[kind]);
  return command;
}

export const identifierHelp =
  '\nA value of - is read from standard input, so that it stays out of the history of the shell and the list of' +
  '\nprocesses. It is sent in the body of a request, never in an address.';

/** The identifiers that were given; a usage error (exit code 2) when there are not between one and `most`. */
export async function readIdentifiers(
  command: Command,
  options: IdentifierOptions,
  most: number,
): Promise<IdentifierOptions> {
  const given = identifierKinds.filter((kind) => options[kind] !== undefined);
  if (given.length === 0 || given.length > most) {
    const wanted = most === 1 ? 'exactly one' : 'at least one';
    command.error(`error: ${wanted} of ${identifierKinds.map((kind) => `--${kind}`).join(', ')} is wanted`, {
      exitCode: 2,
    });
  }
  const fromInput = given.filter((kind) => options[kind] === '-');
  if (fromInput.length > 1)
    command.error('error: only one value can be read from standard input', { exitCode: 2 });
  const identifiers: IdentifierOptions = {};
  for (const kind of given) {
    const value = options[kind];
    identifiers[kind] = value === '-' ? (await text(process.stdin)).trim() : value;
  }
  return identifiers;
}
