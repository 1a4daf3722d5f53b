import pg from 'pg';

/** `schema.table` or a name by itself, as PostgreSQL quotes it. */
export function quote(name: string): string {
  return name.split('.').map(pg.escapeIdentifier).join('.');
}
