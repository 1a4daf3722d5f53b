import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { KeiroError, messageOf } from '@keiro/runtime/errors';
import { printedCertificate } from '@keiro/runtime/evidence/certificate-print';
import { verifyCertificate } from '@keiro/runtime/evidence/jws';
import { renderHtml } from '@keiro/runtime/printed/html';
import { renderPdf } from '@keiro/runtime/printed/pdf';
import { certificateSchema, type Certificate, type CertificateFinding } from '@keiro/schemas';
import { asking } from './ask.ts';
import { isTerminal, painter, print } from './output.ts';
import { lastWord, listText, standingText } from './certificate-standing.ts';
import { printedLines } from './printed-lines.ts';
import { readPublicKeys } from './public-key.ts';

interface GetOptions {
  readonly format: 'json' | 'html' | 'pdf';
  readonly lang: 'ja' | 'en';
  readonly number?: number;
  readonly out?: string;
}

interface VerifyOptions {
  readonly publicKey: string[];
  readonly online?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  const certificate = program
    .command('certificate')
    .description('signed proof of what was done about a request');
  const langOption = () =>
    new Option('--lang <language>', 'of what a person reads').choices(['ja', 'en']).default('ja');
  const numberOption = ['--number <n>', '1 for the first where another has superseded it', whole] as const;

  certificate
    .command('list')
    .description('all certificates of a request: which is the last word, and what superseded the others')
    .argument('<request>', 'id of the request')
    .addOption(langOption())
    .option('--json', 'as data')
    .action(async (request: string, { lang, json }: { lang: 'ja' | 'en'; json?: boolean }) => {
      const issued = await lastWord(request);
      print(json === true ? JSON.stringify(issued, null, 2) : listText(issued, lang, painter(isTerminal())));
    });

  certificate
    .command('show')
    .description('one certificate as a person reads it')
    .argument('<request or file>', 'id of the request, or a certificate that was saved')
    .option(...numberOption)
    .addOption(langOption())
    .option('--json', 'the certificate itself')
    .action(
      async (
        from: string,
        { lang, number, json }: Pick<GetOptions, 'lang' | 'number'> & { json?: boolean },
      ) => {
        const found = existsSync(from) ? readCertificate(from) : await ask(from, number);
        if (json === true) print(JSON.stringify(found, null, 2));
        else
          for (const line of printedLines(printedCertificate(found, lang), painter(isTerminal())))
            print(line);
      },
    );

  certificate
    .command('get')
    .description('saves a certificate: the signed JSON, or a readable copy of it')
    .argument('<request>', 'id of the request')
    .addOption(
      new Option('--format <format>', 'of the file').choices(['json', 'html', 'pdf']).default('json'),
    )
    .option(...numberOption)
    .addOption(langOption())
    .option('--out <file>', 'a new file; by default named after the certificate, here')
    .action(async (request: string, { format, lang, number, out }: GetOptions) => {
      const found = await ask(request, number);
      const file = out ?? `${found.content.id}.${format}`;
      save(file, await written(found, format, lang));
      print(file);
    });

  certificate
    .command('verify')
    .description('checks a certificate offline: signature, content, every receipt and its proof')
    .argument('<file>', 'the certificate (JSON)')
    .requiredOption('--public-key <file...>', 'trusted: PEM, JWK, or what keiro audit keys wrote')
    .option('--online', 'asks the request service, too, whether another has superseded it since')
    .option('--json', 'what was looked at, as data')
    .addHelpText(
      'after',
      '\nNeeds no server and no configuration, so it can be run on another machine. Offline nobody can know of' +
        '\na later certificate: that one names this one by its digest. --online asks for it.' +
        '\nExit code 0: all of it is in order. 1: something is broken, and named. 2: wrong use.',
    )
    .action(async (file: string, { publicKey, online, json }: VerifyOptions) => {
      const keys = new Map(publicKey.flatMap(readPublicKeys).map(({ keyId, x }) => [keyId, x]));
      const found = readCertificate(file);
      const findings = await verifyCertificate(found, keys);
      const broken = findings.filter(({ ok }) => !ok);
      const issued = online === true ? await lastWord(found.content.request) : undefined;
      if (json === true)
        print(JSON.stringify({ id: found.content.id, ok: broken.length === 0, findings, issued }, null, 2));
      else {
        printFindings(found, findings);
        for (const line of standingText(found, issued, painter(isTerminal()))) print(line);
      }
      if (broken.length > 0) process.exitCode = 1;
    });
}

const ask = (request: string, number: number | undefined): Promise<Certificate> =>
  asking('request')(
    {
      path: `/v1/requests/${encodeURIComponent(request)}/certificate${number === undefined ? '' : `?number=${String(number)}`}`,
    },
    certificateSchema,
  );

function readCertificate(file: string): Certificate {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new KeiroError('configuration', `${file} is not a readable JSON file: ${messageOf(error)}`, {
      retryable: false,
    });
  }
  const parsed = certificateSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new KeiroError('configuration', `${file} is no certificate, or a broken one:\n${lines.join('\n')}`, {
    retryable: false,
  });
}

async function written(found: Certificate, format: GetOptions['format'], lang: 'ja' | 'en') {
  if (format === 'json') return `${JSON.stringify(found, null, 2)}\n`;
  const printed = printedCertificate(found, lang);
  return format === 'html' ? renderHtml(printed) : renderPdf(printed);
}

function save(file: string, content: string | Buffer): void {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = (error as { code?: string }).code === 'EEXIST';
    const why = exists ? 'there is a file of this name already: choose another one' : messageOf(error);
    throw new KeiroError('configuration', `--out: ${why}`, { retryable: false, cause: error });
  }
}

function printFindings({ content }: Certificate, findings: readonly CertificateFinding[]): void {
  const paint = painter(isTerminal());
  print(`${content.id}  ${content.outcome}  ${content.issuedAt}`);
  for (const { part, holder, ok, message } of findings) {
    const what = holder === undefined ? part : `${part} of ${holder}`;
    print(`${ok ? paint('green', 'ok    ') : paint('red', 'BROKEN')}  ${what} ${message}`);
  }
  const broken = findings.filter(({ ok }) => !ok).length;
  print(
    broken === 0
      ? paint('green', '真正です。 Genuine: nothing in it was changed since it was signed.')
      : paint(
          'red',
          `真正ではありません。 Not genuine: ${String(broken)} of ${String(findings.length)} checks failed.`,
        ),
  );
}

function whole(value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Wanted: a whole number from 1.');
}
