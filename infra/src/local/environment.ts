import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import {
  localAddress,
  serverNames,
  servers,
  services,
  type ServerName,
  type ServiceAddress,
} from './addresses.ts';
import { tokenVariable } from './clients.ts';
import { composeStack, stackConfig, type StackConfig } from './config.ts';
import { ensureSecrets, readSecrets, secretFiles } from './secrets.ts';

/** {@link stackEnv}, with keys and tokens made where there are none: containers have no `up` that does it. */
export function makeStackEnv(name?: string): Record<string, string> {
  const config = stackConfig(name);
  ensureSecrets(config.folders.secrets);
  if (config.name === composeStack) {
    mkdirSync(auditFolder(config), { recursive: true, mode: 0o700 });
    giveToContainers(config);
  }
  writeEnvironment(config);
  return environmentOf(config);
}

/** Everything a client or service of this stack needs to join: addresses, ports, key files, tokens. */
export function stackEnv(name?: string): Record<string, string> {
  return environmentOf(stackConfig(name));
}

export function environmentOf(config: StackConfig): Record<string, string> {
  const { tokens, postgresPassword } = readSecrets(config.folders.secrets);
  const files = secretFiles(config.folders.secrets);
  const env: Record<string, string> = {
    KEIRO_STACK: config.name,
    KEIRO_STACK_DIR: config.folders.base,
    KEIRO_PORT_OFFSET: String(config.portOffset),
    KEIRO_HOST: '127.0.0.1',
  };
  for (const server of serverNames) env[servers[server].variable] = addressOf(config, server);
  // Another mail server wants a sender of its own.
  if (config.given.mailbox === undefined) env['KEIRO_SMTP_FROM'] = mailSender;
  env['KEIRO_KEYS_MONGO_URL'] = config.keysMongoUrl ?? addressOf(config, 'mongo');
  for (const { basePort, port, url } of Object.values<ServiceAddress>(services)) {
    const number = String(basePort + config.portOffset);
    env[port] = number;
    if (url !== undefined) env[url] = `http://127.0.0.1:${number}`;
  }
  env['KEIRO_KEY_FILE'] = files.keys;
  env['KEIRO_AUDIT_FOLDER'] = auditFolder(config);
  env['KEIRO_CLIENTS_FILE'] = files.clients;
  env['KEIRO_POLICY_FILE'] = config.policyFile;
  for (const [client, token] of Object.entries(tokens)) env[tokenVariable(client)] = token;
  return {
    ...env,
    ...(config.name === composeStack ? composeSettings(postgresPassword, dirname(files.keys)) : {}),
  };
}

/** The demo company's own. */
const mailSender = 'Tsubame Board <privacy@www.demo.example>';

/** What docker-compose.yml reads besides. */
function composeSettings(postgresPassword: string, keyFolder: string): Record<string, string> {
  const { uid, gid } = containerUser();
  return {
    KEIRO_UID: String(uid),
    KEIRO_GID: String(gid),
    KEIRO_KEY_FOLDER: keyFolder,
    DEMO_POSTGRES_PASSWORD: postgresPassword,
  };
}

/** The containers' processes run as us, because only we may read the keys; but not as root. */
function containerUser(): { uid: number; gid: number } {
  const { uid, gid } = userInfo();
  return uid === 0 ? { uid: 1000, gid: 1000 } : { uid, gid };
}

function giveToContainers(config: StackConfig): void {
  const { uid, gid } = containerUser();
  const { keys, clients } = secretFiles(config.folders.secrets);
  for (const file of [dirname(keys), keys, clients, auditFolder(config)]) chownSync(file, uid, gid);
}

/** Where `request` keeps the heads of the audit chain: outside MongoDB. */
const auditFolder = ({ folders }: StackConfig): string => join(folders.stack, 'audit');

/** Keeps it in `env.json` of the stack's folder, where the command line client looks for it. */
export function writeEnvironment(config: StackConfig): void {
  const file = join(config.folders.stack, 'env.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(environmentOf(config), null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A server's address: the one from the environment, else the local stack's. */
export function addressOf(config: StackConfig, server: ServerName): string {
  return config.given[server] ?? localAddress(server, config.portOffset, readSecrets(config.folders.secrets));
}

/** Lines for a POSIX shell to evaluate. */
export function shellLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
