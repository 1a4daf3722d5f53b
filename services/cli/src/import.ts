import { InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';
import { columns } from './import-columns.ts';
import type { ImportOptions } from './import-file.ts';
import { languageOption } from './output.ts';

export function register(program: Command): void {
  program
    .command('import')
    .description('register what a holder held before Keiro came: its records and its copies, each once')
    .argument('<holder>', 'as the register has it')
    .argument('[file]', 'CSV with a header, or NDJSON, one row for each record that the holder has')
    .option('--query <sql>', 'in place of a file: a query in PostgreSQL, whose columns are those of a file')
    .option('--collection <name>', 'in place of a file: a collection in MongoDB, as database.collection')
    .option('--filter <json>', 'which of its documents, as MongoDB is asked (default: all)')
    .option('--columns <json>', 'what of a document is which column: "$path" of a field, or a text for all')
    .option('--url-env <name>', 'variable of the environment that holds the address of that server')
    .option('--dry-run', 'look through it and say what would be registered; makes and sends nothing')
    .option('--yes', 'register it although it was not looked through')
    .option('--site <host>', 'site of rows that name none (default: the first of KEIRO_SITES)', hostName)
    .addOption(new Option('--format <format>', 'default: by the name of the file').choices(['csv', 'ndjson']))
    .addOption(
      new Option('--encoding <encoding>', 'of the file')
        .choices(['utf-8', 'shift_jis', 'euc-jp'])
        .default('utf-8'),
    )
    .option('--state <file>', 'where to keep how far it came (default: beside the file)')
    .addOption(languageOption())
    .option('--json', 'the report as data')
    .addHelpText(
      'after',
      `\nColumns: ${columns.join(', ')}.` +
        '\n  category   C1 to C7; the holder must be registered for it' +
        '\n  member, email, phone, payer, cookie, device   at least one' +
        '\n  locator    where the holder has it, as its connector finds it: the same locator is the same record' +
        '\n  collected  a date or RFC 3339; unknown: retention runs from the import, and the record says so' +
        '\n  fields     names of the personal fields that are there (default: all that the category has)' +
        '\n  policy     version (default: the one in force then; the first one for what is older)' +
        '\n  tenant     of a customer’s own users (X2)' +
        '\n  marketingOptIn, cookieKind   where the policy asks for them' +
        '\n\nExamples:' +
        '\n  keiro import crm members.csv --dry-run' +
        '\n  keiro import crm members.csv' +
        '\n  keiro import billing --url-env BILLING_URL --query "select \'C5\' as category, member, id as locator from payments"' +
        '\n  keiro import crm --url-env CRM_URL --collection crm.people --filter \'{"left": {"$exists": false}}\' \\' +
        '\n      --columns \'{"category": "C1", "member": "$_id", "email": "$contact.email", "locator": "$_id", "collected": "$since"}\'' +
        '\n\nIdentifiers become refs before anything is sent, and a locator is sealed for its holder: no value leaves' +
        '\nthis machine in clear but to the keys service. Rows that Keiro has from a guarded consumer are not to be' +
        '\nin the file: they would be registered a second time. Run again, it goes on where it stopped;' +
        '\na query is gone through again, which registers nothing twice.' +
        '\nExit code 0: every row is registered, or would be. 1: some are not, they are listed by line; or it stopped.' +
        '\n2: wrong use.',
    )
    .action(async (holder: string, file: string | undefined, options: ImportOptions, command: Command) => {
      const fault = wrongUse(file, options);
      if (fault !== undefined) command.error(`error: ${fault}`, { exitCode: 2 });
      // Loaded when it is wanted: Kafka's and the registry's clients take longer to load than other commands to run.
      const { importRows } = await import('./import-file.ts');
      process.exitCode = await importRows(holder, file, options);
    });
}

/** What is wanted of the source of the rows, where it is not as it should be. */
function wrongUse(file: string | undefined, options: ImportOptions): string | undefined {
  const { query, collection, filter, columns: named, urlEnv } = options;
  if ([file, query, collection].filter((one) => one !== undefined).length !== 1)
    return 'a file is wanted, or --query, or --collection, and one of them';
  if ((file === undefined) !== (urlEnv !== undefined))
    return '--url-env belongs to --query and --collection, which need it';
  if ((collection !== undefined) !== (named !== undefined) || (filter !== undefined && named === undefined))
    return '--columns belongs to --collection, which needs it; --filter may be there too';
  return undefined;
}

function hostName(value: string): string {
  const parsed = z.hostname().safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('not a host name');
  return parsed.data.toLowerCase();
}
