import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import { commonConfig, createLog, port, readConfig, runService } from '@keiro/runtime';
import { z } from 'zod';
import { ensureSeal } from '../opendsr/ensure-seal.ts';
import { serveOpenDsr } from '../opendsr/processor.ts';
import { mailSchema, openMails } from './mails.ts';

const configSchema = z.object({
  ...commonConfig,
  DEMO_MAIL_PORT: port(17_011),
  /** Folder of the delivered mails: the processor's own, apart from everything of the pipeline. */
  DEMO_MAIL_FOLDER: z.string().min(1),
  DEMO_MAIL_TOKEN: z.string().min(16),
  /** Folder of its certificate for OpenDSR. */
  DEMO_MAIL_SEAL: z.string().min(1),
  DEMO_MAIL_DOMAIN: z.string().default('opendsr.mail.example'),
});

const log = createLog('demo-mail-processor');

/** A mail-delivery company to which mails are entrusted: another company's program, without anything of Keiro. */
await runService(log, async (opened) => {
  const config = readConfig(configSchema);
  log.level = config.KEIRO_LOG_LEVEL;
  const mails = await openMails(config.DEMO_MAIL_FOLDER);
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${config.DEMO_MAIL_TOKEN}`);

  const app = Fastify({ bodyLimit: 262_144, forceCloseConnections: 'idle' });
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', () => ({ status: 'ready' }));
  app.post('/mails', async (request, reply) => {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) {
      return reply.status(401).send({ message: 'a valid token is required' });
    }
    const mail = mailSchema.safeParse(request.body);
    if (!mail.success) return reply.status(400).send({ message: 'not a mail' });
    await mails.deliver(mail.data);
    return reply.status(202).send({ id: mail.data.id });
  });
  const now = () => new Date();
  serveOpenDsr(app, {
    prefix: '/v3',
    token: config.DEMO_MAIL_TOKEN,
    seal: ensureSeal(config.DEMO_MAIL_SEAL, config.DEMO_MAIL_DOMAIN, now()),
    fulfiller: mails,
    identities: ['controller_customer_id', 'email'],
    now,
    onFailure: (error) => {
      log.error({ err: error }, 'a data subject request failed');
    },
  });
  await app.listen({ host: config.KEIRO_HOST, port: config.DEMO_MAIL_PORT });
  opened('http', () => app.close());
});
