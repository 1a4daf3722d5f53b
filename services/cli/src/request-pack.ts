import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import {
  downloadedPackSchema,
  madePackSchema,
  packLanguages,
  type MadePack,
  type PackFile,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { print } from './output.ts';
import { packFilesOf } from './pack-files.ts';

interface PackOptions {
  readonly out: string;
  readonly language: (typeof packLanguages)[number];
  readonly json?: boolean;
  readonly again?: boolean;
}

/** `keiro request pack ID --out FOLDER`: what a disclosure is answered with (R1, APPI 33). */
export function registerPack(request: Command): void {
  request
    .command('pack')
    .description('have the pack of a disclosure made, and open it into a folder (R1); once')
    .argument('<id>', 'the disclosure, once every holder has answered')
    .requiredOption('--out <folder>', 'where its files go; it is made, and must not be there yet')
    .addOption(
      new Option('--language <language>', 'of what is to be read').choices(packLanguages).default('ja'),
    )
    .option('--again', 'download it once more: what --json told is read from standard input')
    .option('--json', 'the answer as data')
    .addHelpText(
      'after',
      '\nThe files are in clear in that folder alone: hand them to the person, then remove it.' +
        '\nCheck them: (cd FOLDER && sha256sum --check SHA256SUMS)' +
        '\n\nExample:\n  keiro request pack req-0123456789abcdef01234567 --out ./pack --language en' +
        '\n\nExit code 0: made and opened. 1: not ready, made before, or no answer. 2: wrong use.',
    )
    .action(async (id: string, { out, language, json, again }: PackOptions) => {
      // First, because a pack that can't be put anywhere could not be had again.
      await mkdir(out, { mode: 0o700 });
      const ask = asking('erase');
      const made = await (
        again === true
          ? toldBefore()
          : ask({ path: '/v1/packs', body: { request: id, language } }, madePackSchema)
      ).catch(async (error: unknown) => {
        await rmdir(out);
        throw error;
      });
      let left: number;
      let files: PackFile[];
      try {
        const body = { token: made.token };
        const answer = await ask({ path: '/v1/packs/download', body }, downloadedPackSchema);
        ({ left } = answer);
        files = packFilesOf({ ...made, request: id }, answer.sealed);
        for (const { name, base64 } of files)
          await writeFile(join(out, name), Buffer.from(base64, 'base64'), { mode: 0o600 });
      } catch (error) {
        // Told once by the service, so that it must not be lost with this attempt: --again takes it.
        if (again !== true) print(JSON.stringify(made));
        throw error;
      }
      const answer = { ...made, left, folder: out, files: files.map(({ name }) => name) };
      if (json === true) {
        print(JSON.stringify(answer, null, 2));
        return;
      }
      print(`開示資料を保存しました。 The pack is in ${out}: ${answer.files.join(', ')}`);
      print(`鍵（一度だけ表示） key, told this once: ${made.key}`);
      print(`受取番号 token: ${made.token}  ${made.expiresAt}  残り left: ${String(left)}`);
    });
}

/** Key and token never stand on a command line. */
async function toldBefore(): Promise<MadePack> {
  return madePackSchema.parse(keptOf(JSON.parse(await text(process.stdin))));
}

/** What else `--json` says is about the folder that it was put in before. */
function keptOf(told: unknown): unknown {
  if (typeof told !== 'object' || told === null) return told;
  const known = Object.keys(madePackSchema.shape);
  return Object.fromEntries(Object.entries(told).filter(([name]) => known.includes(name)));
}
