import { afterAll } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { onServer, serverUrl } from './database.ts';

/** Makes a database without any table on the server of this run; removed behind the last test of the file. */
export async function emptyDatabase(): Promise<string> {
  const name = `test_empty_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  afterAll(async () => {
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one query on a database. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
