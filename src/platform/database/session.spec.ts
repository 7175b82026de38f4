import { describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { directSession, pooledSession } from './session.ts';

const url = 'postgresql://u:p@db.example.com/plinth';

describe('directSession', () => {
  it('puts all settings into the startup options, escaped as PostgreSQL splits them', () => {
    const { options = '', connectionString } = directSession(`${url}?schema=my_app&sslmode=disable`, {
      statement_timeout: 5000,
    });

    expect(connectionString).toBe(`${url}?sslmode=disable`);
    for (const option of [
      '-c TimeZone=UTC',
      String.raw`-c DateStyle=ISO,\ MDY`,
      String.raw`-c default_transaction_isolation=read\ committed`,
      '-c search_path="my_app"',
      '-c statement_timeout=5000',
      '-c lock_timeout=0',
    ])
      expect(options).toContain(option);
    expect(options).not.toContain('-c statement_timeout=0');
  });

  it('keeps the options of the URL and overrides those that the service needs', () => {
    const { options = '' } = directSession(`${url}?options=-c%20work_mem%3D8MB%20-c%20TimeZone%3DJapan`);

    expect(options).toMatch(/^-c work_mem=8MB -c TimeZone=Japan .*-c TimeZone=UTC/);
  });
});

describe('pooledSession', () => {
  it('sends no startup options, and sets in one message what a pooler tracks', async () => {
    const { options, onConnect, ...rest } = pooledSession(`${url}?schema=app`);
    const sent: string[] = [];
    const client = { query: async (sql: string) => await Promise.resolve(sent.push(sql)) };

    await onConnect?.(client as unknown as Client);

    expect({ options, rest }).toEqual({ options: undefined, rest: { connectionString: url, keepAlive: true } });
    expect(sent).toEqual([`SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET standard_conforming_strings = 'on'`]);
  });
});
