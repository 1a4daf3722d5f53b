import { hash } from 'node:crypto';
import { packDataSchema, type PackData, type PackFile } from '@keiro/schemas';
import { stands } from './requests.ts';
import type { Scene } from './scene.ts';
import type { Visited } from './visitors/visits.ts';

/** R1 (APPI 33): one person is answered with all that every holder has of her, in a pack that she alone can open. */
export async function showDisclosure(scene: Scene, { mizuki }: Visited): Promise<void> {
  const { pipeline, desk, inspector, reporter, check } = scene;
  await reporter.step('Disclosure', async (say) => {
    const { id } = await pipeline.request({ type: 'disclosure', subject: { member: mizuki.member } });
    await desk.accept(id);
    await stands(pipeline, id, ['waiting-for-operator'], say);
    const found = await inspector.look([mizuki.member, mizuki.person.email]);
    say('the pack is made');
    const files = await desk.pack(id);
    const data = packDataSchema.parse(JSON.parse(textOf(files, 'data.json')));
    const { state } = await stands(pipeline, id, ['done'], say);

    const told = data.holders.filter(({ items }) => items.length > 0);
    const items = told.reduce((sum, holder) => sum + holder.items.length, 0);
    const missing = Object.keys(found).filter(
      (place) =>
        (found[place] ?? 0) > 0 && !told.some((holder) => holder.id === place) && !admits(data, place),
    );
    const ok = check({
      ja: '開示: 全保管先の内容を一式で',
      en: 'disclosed: a pack of all that is held',
      ok: state === 'done' && isWhole(files) && missing.length === 0 && told.length > 0,
      seen:
        missing.length === 0
          ? `${String(items)} items of ${String(told.length)} holders, ${String(data.lineage.records.length)} records; ${files.map(({ name }) => name).join(', ')}`
          : `not in it: ${missing.join(', ')}`,
    });
    return {
      result: undefined,
      ok,
      text: `Mizuki: ${String(items)} items of ${String(told.length)} holders, ${String(files.length)} files, sealed for her alone`,
    };
  });
}

const textOf = (files: readonly PackFile[], name: string): string =>
  Buffer.from(files.find((file) => file.name === name)?.base64 ?? '', 'base64').toString();

/** It says of this holder that it could not say. */
const admits = ({ holders }: PackData, place: string): boolean =>
  holders.some(({ id, unanswered }) => id === place && unanswered !== undefined);

/** Every file has the checksum that the pack says. */
function isWhole(files: readonly PackFile[]): boolean {
  const sums = textOf(files, 'SHA256SUMS').trim().split('\n');
  const others = files.filter(({ name }) => name !== 'SHA256SUMS');
  return (
    others.length > 0 &&
    others.every(({ name, base64 }) =>
      sums.includes(`${hash('sha256', Buffer.from(base64, 'base64'), 'hex')}  ${name}`),
    )
  );
}
