import { gunzipSync } from 'node:zlib';
import { packAssociated, packFilesSchema, type MadePack, type PackFile } from '@keiro/schemas';
import { open } from '@keiro/sdk/sealing';

/** The files of a pack, in clear. Throws where the key is not the one it was sealed with. */
export function packFilesOf({ request, key }: Pick<MadePack, 'request' | 'key'>, sealed: string): PackFile[] {
  const bytes = open(Buffer.from(key, 'base64url'), sealed, packAssociated(request));
  return packFilesSchema.parse(JSON.parse(gunzipSync(bytes).toString())).files;
}
