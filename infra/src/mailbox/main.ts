import { once } from 'node:events';
import { port, readConfig } from '@keiro/runtime/config';
import { runService } from '@keiro/runtime/lifecycle';
import { createLog } from '@keiro/runtime/log';
import { z } from 'zod';
import { openMailbox } from './keep.ts';
import { servePage } from './page.ts';

/* The mailbox of the local stack: what Keiro mails to persons can be read here, and reaches nobody. */

const configSchema = z.object({
  KEIRO_MAILBOX_FOLDER: z.string().min(1),
  KEIRO_MAILBOX_PORT: port(17_025),
  KEIRO_MAILBOX_PAGE_PORT: port(17_026),
});

await runService(createLog('mailbox'), async (opened) => {
  const config = readConfig(configSchema);
  const mailbox = await openMailbox(config.KEIRO_MAILBOX_FOLDER, config.KEIRO_MAILBOX_PORT);
  opened('mailbox', () => mailbox.close());
  const page = servePage(config.KEIRO_MAILBOX_FOLDER, config.KEIRO_MAILBOX_PAGE_PORT);
  await once(page, 'listening');
  opened('page', () => {
    page.close();
    page.closeAllConnections();
    return Promise.resolve();
  });
});
