import type { Pool } from 'pg';
import type { DatabaseUser } from './connector.ts';

/**
 * Roles that can log in and may read a table, with which ones: by what was granted to them or to a role that they
 * are a member of, column by column too, or because they are superusers. Names and counts only.
 */
const rolesThatRead = `
select r.rolname as role, r.rolsuper as superuser, current_database() as database,
  (select count(*)::int from pg_stat_activity a where a.usesysid = r.oid and a.datname = current_database()) as connected,
  array(
    select t.place from unnest($1::text[], $2::text[]) as t(place, quoted)
      join pg_class c on c.oid = to_regclass(t.quoted)
    where exists (
      select from pg_roles m
      where pg_has_role(r.oid, m.oid, 'MEMBER')
        and has_any_column_privilege(m.oid, c.oid, 'SELECT')
        and has_schema_privilege(m.oid, c.relnamespace, 'USAGE'))
    order by t.place
  ) as reads
from pg_roles r
where r.rolcanlogin and has_database_privilege(r.oid, current_database(), 'CONNECT')
order by r.rolname`;

export async function readersOf(
  pool: Pick<Pool, 'query'>,
  tables: readonly { readonly name: string; readonly quoted: string }[],
): Promise<DatabaseUser[]> {
  const { rows } = await pool.query<DatabaseUser>(rolesThatRead, [
    tables.map(({ name }) => name),
    tables.map(({ quoted }) => quoted),
  ]);
  return rows.filter(({ reads }) => reads.length > 0);
}
