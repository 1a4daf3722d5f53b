import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { registrySubjects } from './subjects.ts';

/* `npm run golden -w schemas`: writes the schemas that are checked in, for a change of contract to be seen in review. */

const folder = new URL('../src/examples/json-schema/', import.meta.url);

await mkdir(folder, { recursive: true });
const wanted = registrySubjects().map(({ subject, schema }) => ({ name: `${subject}.json`, schema }));
for (const { name, schema } of wanted)
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
for (const name of await readdir(folder)) {
  if (!wanted.some((one) => one.name === name)) await rm(new URL(name, folder));
}
