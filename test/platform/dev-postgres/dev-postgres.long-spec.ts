import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { connectOrStartEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { query } from '../../harness/database/empty-database.ts';
import {
  asRoot,
  child,
  cleanups,
  dataFolder,
  notes,
  readNotes,
  start,
  timeoutMs,
  unprivilegedId,
  usedFolder,
} from './data-folders.ts';

/** Starts a process of the server's user that is no server, and returns its pid. */
async function unrelatedProcess(): Promise<number> {
  const as = process.getuid?.() === 0 ? { uid: unprivilegedId, gid: unprivilegedId } : {};
  const started = spawn('/bin/cat', { ...as, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  await once(started, 'spawn');
  cleanups.push(async () => {
    started.stdin.end();
    await once(started, 'close');
  });
  return started.pid ?? 0;
}

describe('the embedded PostgreSQL', () => {
  it(
    'rejects a wrong password, and stores the password readable for its owner only',
    async () => {
      const { dataDir } = await usedFolder();
      const { url } = await start(dataDir);

      await expect(query(url.replace(/:[\w-]+@/, ':guess@'), 'select 1')).rejects.toThrow(
        'password authentication failed',
      );
      expect(fs.statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    },
    timeoutMs,
  );

  it(
    'uses another port when the last one is in use',
    async () => {
      const { dataDir } = await usedFolder();
      const first = await start(dataDir);
      const other = await start((await usedFolder()).dataDir);
      await first.stop();
      fs.writeFileSync(join(dataDir, 'postgres-port'), `${other.port}\n`);

      const second = await start(dataDir);

      expect(second.port).not.toBe(other.port);
      expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );

  it(
    'stops without an error when the server process has ended by itself',
    async () => {
      const { dataDir } = await usedFolder();
      const postgres = await start(dataDir);
      const [pid = ''] = fs.readFileSync(join(postgres.folder, 'postmaster.pid'), 'utf8').split('\n');
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      const cut = once(client, 'error');
      process.kill(Number(pid), 'SIGQUIT');
      await cut;

      await postgres.stop();

      expect(await start(dataDir)).toMatchObject({ fresh: false });
    },
    timeoutMs,
  );

  it(
    'empties a log of more than 5 MB',
    async () => {
      const { dataDir } = await usedFolder();
      const log = join(dataDir, 'postgres.log');
      fs.appendFileSync(log, 'x'.repeat(5 * 1024 * 1024));

      await start(dataDir);

      expect(fs.statSync(log).size).toBeLessThan(10_000);
      expect(fs.readFileSync(log, 'utf8')).toContain('ready to accept connections');
    },
    timeoutMs,
  );
});

describe('a data folder', () => {
  it(
    'is acquired by exactly one of four concurrent starts',
    async () => {
      const dataDir = dataFolder();
      const outcomes = await Promise.all([1, 2, 3, 4].map(async () => await child(dataDir).outcome));

      expect(outcomes.filter(({ fresh }) => fresh === true)).toHaveLength(1);
      const refusals = outcomes.flatMap(({ refused }) => refused ?? []);
      expect(refusals).toHaveLength(3);
      for (const line of refusals) expect(line).toMatch(/is in use by another Plinth \(pid \d+\)/);
    },
    timeoutMs,
  );

  it(
    'is refused to commands while its holder does not share the server',
    async () => {
      const { dataDir } = await usedFolder();
      await start(dataDir);
      fs.writeFileSync(join(dataDir, 'postgres-shared'), 'ticket-of-a-killed-process\n5432\n18.4\n');

      await expect(connectOrStartEmbedded({ dataDir })).rejects.toThrow('is in use by another Plinth');
    },
    timeoutMs,
  );

  it(
    'is acquired by exactly one of four concurrent starts after its holder was killed',
    async () => {
      const { dataDir } = await usedFolder();
      const killed = child(dataDir);
      await killed.outcome;
      await killed.kill();

      const outcomes = await Promise.all([1, 2, 3, 4].map(async () => await child(dataDir).outcome));

      expect(outcomes.filter(({ fresh }) => fresh === false)).toHaveLength(1);
      expect(outcomes.filter(({ refused }) => refused !== undefined)).toHaveLength(3);
    },
    timeoutMs,
  );

  it(
    'is not blocked by a lock whose pid belongs to another process by now, or by an empty one',
    async () => {
      const { dataDir } = await usedFolder();
      fs.writeFileSync(join(dataDir, 'plinth.lock'), `${process.pid}\nanother-boot/1\nticket\n`);
      await (await start(dataDir)).stop();
      fs.writeFileSync(join(dataDir, 'plinth.lock'), '');
      await (await start(dataDir)).stop();

      expect(fs.readdirSync(dataDir).filter((name) => name.startsWith('plinth.lock'))).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'is not blocked by a start that was killed while it created the cluster',
    async () => {
      const dataDir = dataFolder();
      fs.mkdirSync(dataDir);
      const watcher = fs.watch(dataDir);
      const killed = child(dataDir);
      for await (const [, name] of eventsOf(watcher)) if (String(name).startsWith('postgres.new-')) break;
      watcher.close();
      await killed.kill();
      expect(fs.existsSync(join(dataDir, 'postgres'))).toBe(false);
      fs.mkdirSync(join(dataDir, 'postgres.new-abandoned'));

      const next = await start(dataDir);

      expect(next.fresh).toBe(true);
      expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(fs.existsSync(join(dataDir, 'postgres.new-abandoned'))).toBe(false);
    },
    timeoutMs,
  );

  it.each([
    ['belongs to an unrelated running process', unrelatedProcess],
    ['belongs to the starting process', () => process.pid],
    ['belongs to no process', () => 4_194_304],
  ])(
    'is not blocked by a postmaster.pid whose pid %s',
    async (_, owner) => {
      const { dataDir, folder } = await usedFolder();
      const pid = await owner();
      fs.writeFileSync(
        join(folder, 'postmaster.pid'),
        `${pid}\n${folder}\n1764000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`,
      );

      const next = await start(dataDir);

      expect(await query(next.url, readNotes)).toEqual([{ id: 1 }]);
    },
    timeoutMs,
  );

  asRoot(
    'is served for an unprivileged user as well',
    async () => {
      const dataDir = dataFolder();
      fs.mkdirSync(dataDir);
      fs.chownSync(dataDir, unprivilegedId, unprivilegedId);
      const user = { uid: unprivilegedId, gid: unprivilegedId };
      const first = child(dataDir, user);
      expect(await first.outcome).toMatchObject({ fresh: true, folder: join(dataDir, 'postgres') });
      await first.kill();

      const second = child(dataDir, user);

      const { url = '', fresh } = await second.outcome;
      expect(fresh).toBe(false);
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(fs.statSync(join(dataDir, 'postgres.log')).uid).toBe(unprivilegedId);
    },
    timeoutMs,
  );

  asRoot(
    'of root, which the server cannot enter, contains a link to a cluster outside',
    async () => {
      const dataDir = dataFolder(0o700);
      const first = await start(dataDir);
      cleanups.push(() => fs.promises.rm(first.folder, { recursive: true }));
      expect(first.folder).toMatch(/^\/var\/lib\/plinth\/[0-9a-f]{16}$/);
      expect(fs.readlinkSync(join(dataDir, 'postgres'))).toBe(first.folder);
      await query(first.url, notes);
      await first.stop();
      const second = await start(dataDir);
      expect(await query(second.url, readNotes)).toEqual([{ id: 1 }]);
      await second.stop();
      fs.rmSync(dataDir, { recursive: true });

      const recreated = await start(dataDir);
      cleanups.push(() => fs.promises.rm(`${first.folder}.previous`, { recursive: true }));

      expect(recreated).toMatchObject({ fresh: true, folder: first.folder });
      await expect(query(recreated.url, readNotes)).rejects.toThrow('does not exist');
    },
    timeoutMs,
  );
});

async function* eventsOf(watcher: fs.FSWatcher): AsyncGenerator<unknown[]> {
  for (;;) yield await once(watcher, 'change');
}
