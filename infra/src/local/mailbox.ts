import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { KeiroError } from '@keiro/runtime/errors';
import { servers } from './addresses.ts';
import { root, type StackConfig, type StackFolders } from './config.ts';
import type { LocalServer } from './server.ts';

/** Where the mails are, one file each. */
export const mailFolder = ({ stack }: StackFolders): string => join(stack, 'mail');

/** Where they can be read; absent: the environment names another mail server. */
export function mailPage({ given, portOffset }: StackConfig): string | undefined {
  const [page = 0] = servers.mailbox.otherPorts;
  return given.mailbox === undefined ? `http://127.0.0.1:${String(page + portOffset)}` : undefined;
}

/** An SMTP server that keeps what it gets and delivers nothing: a code by e-mail (infra/src/mailbox) is read there. */
export const mailbox: LocalServer = {
  prepare({ config, port }) {
    const [page = 0] = servers.mailbox.otherPorts;
    return Promise.resolve({
      command: process.execPath,
      args: [join(root, 'infra', 'dist', 'mailbox', 'main.js')],
      env: {
        KEIRO_MAILBOX_FOLDER: mailFolder(config.folders),
        KEIRO_MAILBOX_PORT: String(port),
        KEIRO_MAILBOX_PAGE_PORT: String(page + config.portOffset),
      },
      version: 'mailbox',
    });
  },

  /** RFC 5321 3.1: it greets with 220. */
  async check(address) {
    const { protocol, hostname, port } = new URL(address);
    const isSecure = protocol === 'smtps:';
    const to = { host: hostname, port: Number(port || (isSecure ? 465 : 587)), timeout: 3000 };
    const socket = isSecure ? connectTls({ ...to, servername: hostname }) : connect(to);
    socket.once('timeout', () => socket.destroy(new Error('no greeting in time')));
    try {
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      if (!greeting.toString('latin1').startsWith('220')) throw new Error('not greeted');
      socket.end('QUIT\r\n');
    } catch (error) {
      throw new KeiroError('unavailable', 'the mail server does not greet', {
        retryable: true,
        cause: error,
      });
    } finally {
      socket.destroy();
    }
  },
};
