import { cpus } from 'node:os';
import type { Pool } from 'pg';

/** The machine of a measurement: figures of different machines cannot be compared. */
export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly node: string;
  readonly postgres: string;
}

/** This machine, and the PostgreSQL at the other end of the pool. */
export async function machineWith(pool: Pool): Promise<Machine> {
  const {
    rows: [server],
  } = await pool.query<{ server_version: string }>('SHOW server_version');
  return {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    node: process.version,
    postgres: server?.server_version ?? '',
  };
}

/** For the line above a table. */
export function nameOf({ cpus: count, model, node, postgres }: Machine): string {
  return `${count} × ${model}, Node ${node}, PostgreSQL ${postgres}`;
}
