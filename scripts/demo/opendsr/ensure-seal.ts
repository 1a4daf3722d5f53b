import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issue, validFor } from './certificate.ts';
import type { Seal } from './seal.ts';

/** Of a company that vouches for its own processor, as invented companies have to. */
export const authorityFile = (folder: string): string => join(folder, 'authority.pem');

/** A processor's certificate, and the authority that vouches for it: made once, for whoever trusts it keeps the file. */
export function ensureSeal(folder: string, domain: string, now: Date): Seal {
  if (!existsSync(folder)) make(folder, domain, now);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { domain, chain: read('chain.pem'), key: createPrivateKey(read('key.pem')) };
}

function make(folder: string, domain: string, now: Date): void {
  // As most processors do.
  const { authority, leaf } = makeSeal(domain, now, 'rsa');
  const temporary = `${folder}.new`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  writeFileSync(join(temporary, 'key.pem'), leaf.key.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  writeFileSync(join(temporary, 'chain.pem'), leaf.pem);
  writeFileSync(authorityFile(temporary), authority.pem);
  renameSync(temporary, folder);
}

/** An authority and a certificate that it issued. */
export function makeSeal(domain: string, now: Date, key: 'ec' | 'rsa' = 'ec') {
  const authority = issue({ name: `Authority of ${domain}`, authority: true, ...validFor(3650, now) });
  const leaf = issue({ name: domain, key, ...validFor(825, now) }, authority);
  return { authority, leaf, seal: { domain, chain: leaf.pem, key: leaf.key } };
}
