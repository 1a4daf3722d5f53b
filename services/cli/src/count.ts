import { InvalidArgumentError } from 'commander';

/** The value of an option that counts something. */
export function count(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('not a whole number');
}
