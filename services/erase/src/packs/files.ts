import { hash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { renderHtml } from '@keiro/runtime/printed/html';
import { renderPdf } from '@keiro/runtime/printed/pdf';
import { packAssociated, packFilesSchema, type PackData, type PackFile } from '@keiro/schemas';
import { open, seal } from '@keiro/sdk';
import { readable, type PackLanguage } from './readable.ts';

/** The files of a pack, with their checksums as `sha256sum --check` reads them. */
export async function packFiles(data: PackData, language: PackLanguage): Promise<PackFile[]> {
  const printed = readable(data, language);
  const contents: [name: string, bytes: Buffer][] = [
    ['data.json', Buffer.from(`${JSON.stringify(data, null, 2)}\n`)],
    ['index.html', Buffer.from(renderHtml(printed))],
    ['index.pdf', await renderPdf(printed)],
  ];
  const sums = contents.map(([name, bytes]) => `${hash('sha256', bytes, 'hex')}  ${name}\n`).join('');
  return [...contents, ['SHA256SUMS', Buffer.from(sums)] as const].map(([name, bytes]) => ({
    name,
    base64: bytes.toString('base64'),
  }));
}

/** Under a key that only who is told it has. `iv`: 12 random bytes. Base64. */
export function sealPack(key: Buffer, request: string, files: readonly PackFile[], iv: Buffer): string {
  return seal(key, gzipSync(JSON.stringify({ files })), packAssociated(request), iv);
}

/** Throws `PoisonError` where the key is not the pack's. */
export function openPack(key: Buffer, request: string, sealed: string): PackFile[] {
  return packFilesSchema.parse(JSON.parse(gunzipSync(open(key, sealed, packAssociated(request))).toString()))
    .files;
}
