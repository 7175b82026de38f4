import { afterAll, afterEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EmbeddedPostgres } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { StartupError } from '../../../src/platform/config/startup-error.ts';
import { query } from '../../harness/database/empty-database.ts';
import type { EmbeddedChild } from '../../harness/process/dev-postgres-child.ts';
import { startInChild } from '../../harness/process/dev-postgres-child.ts';

export const unprivilegedId = 65_534;
export const timeoutMs = 180_000;
/** A test that starts processes as another user, which only root can do. */
export const asRoot = process.getuid?.() === 0 ? it : it.skip;

/** Run after each test, the last one first. */
export const cleanups: (() => Promise<unknown>)[] = [];
const lastCleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
}, timeoutMs);

afterAll(async () => {
  for (const cleanUp of lastCleanups) await cleanUp();
});

/** A data folder that does not exist yet, in a folder that every user (or only its owner) may enter. */
export function dataFolder(mode = 0o755): string {
  const scratch = fs.mkdtempSync(join(tmpdir(), 'plinth-embedded-'));
  fs.chmodSync(scratch, mode);
  cleanups.push(() => fs.promises.rm(scratch, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  return join(scratch, 'data');
}

/** Starts the embedded PostgreSQL until the end of the test. */
export async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  cleanups.push(() => postgres.stop());
  return postgres;
}

/** Starts it in a process of its own until the end of the test. */
export function child(dataDir: string, as?: { uid: number; gid: number }): EmbeddedChild {
  const started = startInChild(dataDir, as);
  cleanups.push(() => started.stop());
  return started;
}

/** The one line with which a start on this folder is refused. */
export async function refusal(dataDir: string): Promise<string> {
  const error = await start(dataDir).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  const message = error instanceof StartupError ? error.message : '';
  expect(message).not.toContain('\n');
  return message;
}

export const notes = 'create table notes as select 1 as id';
export const readNotes = 'select id from notes';

let prepared: Promise<string> | undefined;

/** A data folder with a stopped cluster that contains a note: a copy of one that is made once, with its owners. */
export async function usedFolder(): Promise<{ dataDir: string; folder: string }> {
  prepared ??= prepare();
  const dataDir = dataFolder();
  await promisify(execFile)('cp', ['-a', await prepared, dataDir]);
  return { dataDir, folder: join(dataDir, 'postgres') };
}

async function prepare(): Promise<string> {
  const scratch = fs.mkdtempSync(join(tmpdir(), 'plinth-embedded-'));
  fs.chmodSync(scratch, 0o755);
  lastCleanups.push(() => fs.promises.rm(scratch, { recursive: true }));
  const postgres = await startEmbedded({ dataDir: join(scratch, 'data'), settings: { fsync: 'off' } });
  await query(postgres.url, notes).finally(() => postgres.stop());
  return join(scratch, 'data');
}
