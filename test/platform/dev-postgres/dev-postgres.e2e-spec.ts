import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { connectOrStartEmbedded, startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { StartupError } from '../../../src/platform/config/startup-error.ts';
import type { EmbeddedChild } from '../../harness/process/dev-postgres-child.ts';
import { startInChild } from '../../harness/process/dev-postgres-child.ts';

const unprivilegedId = 65_534;
const timeoutMs = 180_000;
const asRoot = process.getuid?.() === 0 ? it : it.skip;

const cleanups: (() => Promise<unknown>)[] = [];
const lastCleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
}, timeoutMs);

afterAll(async () => {
  for (const cleanUp of lastCleanups) await cleanUp();
});

/** A data folder that does not exist yet, in a folder that every user (or only its owner) may enter. */
function dataFolder(mode = 0o755): string {
  const scratch = fs.mkdtempSync(join(tmpdir(), 'plinth-embedded-'));
  fs.chmodSync(scratch, mode);
  cleanups.push(() => fs.promises.rm(scratch, { recursive: true, maxRetries: 20, retryDelay: 50 }));
  return join(scratch, 'data');
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  cleanups.push(() => postgres.stop());
  return postgres;
}

function child(dataDir: string, as?: { uid: number; gid: number }): EmbeddedChild {
  const started = startInChild(dataDir, as);
  cleanups.push(() => started.stop());
  return started;
}

async function refusal(dataDir: string): Promise<string> {
  const error = await start(dataDir).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  const message = error instanceof StartupError ? error.message : '';
  expect(message).not.toContain('\n');
  return message;
}

async function query(url: string | undefined, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const notes = 'create table notes as select 1 as id';
const readNotes = 'select id from notes';

let prepared: Promise<string> | undefined;

/** A data folder with a stopped cluster that contains a note: a copy of one that is made once, with its owners. */
async function usedFolder(): Promise<{ dataDir: string; folder: string }> {
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
    'creates its cluster at the first start and keeps the data for the second',
    async () => {
      const dataDir = dataFolder();
      const first = await start(dataDir);
      expect(first).toMatchObject({
        fresh: true,
        host: '127.0.0.1',
        version: '18.4',
        folder: join(dataDir, 'postgres'),
      });
      const [about] = await query(
        first.url,
        `select current_database() as database, current_user as "user", current_setting('server_encoding') as encoding,
           current_setting('max_connections') as connections, current_setting('unix_socket_directories') as sockets,
           current_setting('fsync') as fsync, (select datcollate from pg_database where datname = 'plinth') as locale`,
      );
      expect(about).toEqual({
        database: 'plinth',
        user: 'plinth',
        encoding: 'UTF8',
        connections: '200',
        sockets: '',
        fsync: 'off',
        locale: 'C.UTF-8',
      });
      await query(first.url, notes);
      await first.stop();

      const second = await start(dataDir);

      expect(second).toMatchObject({ fresh: false, url: first.url });
      expect(await query(second.url, readNotes)).toEqual([{ id: 1 }]);
    },
    timeoutMs,
  );

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
    'leaves nothing running when it is stopped, once or twice',
    async () => {
      const { dataDir } = await usedFolder();
      const started = child(dataDir);
      await started.outcome;

      expect(await started.stop()).toBe(0);

      expect(fs.existsSync(join(dataDir, 'plinth.lock'))).toBe(false);
      expect(fs.existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
      const again = await start(dataDir);
      await Promise.all([again.stop(), again.stop()]);
      await again.stop();
      await expect(query(again.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
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
    'is refused with the pid while another Plinth runs, and served afterwards',
    async () => {
      const { dataDir } = await usedFolder();
      const other = child(dataDir);
      const { url } = await other.outcome;

      expect(await refusal(dataDir)).toBe(
        `The data folder ${dataDir} is in use by another Plinth (pid ${other.process.pid ?? 0}): ` +
          'stop it or set DATA_DIR to another folder.',
      );
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);

      await other.stop();
      expect(await start(dataDir)).toMatchObject({ fresh: false });
    },
    timeoutMs,
  );

  it(
    'is used by commands while the service on it runs and shares its server',
    async () => {
      const { dataDir } = await usedFolder();
      const service = await startEmbedded({ dataDir, settings: { fsync: 'off' }, shared: true });
      cleanups.push(() => service.stop());

      const connection = await connectOrStartEmbedded({ dataDir });
      await connection.stop();

      expect(connection).toMatchObject({ url: service.url, port: service.port, version: '18.4' });
      expect(await query(service.url, 'select 1 as one')).toEqual([{ one: 1 }]);

      await service.stop();
      const own = await connectOrStartEmbedded({ dataDir });
      await own.stop();
      await expect(query(own.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
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
    'is taken over from a killed Plinth whose server still runs, with its data',
    async () => {
      const dataDir = dataFolder();
      const killed = child(dataDir);
      const { url } = await killed.outcome;
      await query(url, notes);
      await killed.kill();
      expect(await query(url, readNotes)).toEqual([{ id: 1 }]); // the server survived its parent
      const stalePid = fs.readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');

      const next = await start(dataDir);

      expect(next.fresh).toBe(false);
      expect(await query(next.url, readNotes)).toEqual([{ id: 1 }]);
      expect(fs.readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]).not.toBe(
        stalePid.split('\n')[0],
      );
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

      const { url, fresh } = await second.outcome;
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

describe('a broken data folder is refused with one line', () => {
  it.each([
    [
      'missing',
      (file: string) => {
        fs.rmSync(file);
      },
      'No such file or directory',
    ],
    [
      'truncated',
      (file: string) => {
        fs.truncateSync(file, 100);
      },
      'could not read file "global/pg_control"',
    ],
  ])(
    'when pg_control is %s',
    async (_, destroy, reason) => {
      const { dataDir, folder } = await usedFolder();
      destroy(join(folder, 'global/pg_control'));

      const line = await refusal(dataDir);

      expect(line).toContain(`PostgreSQL could not start on ${folder} (`);
      expect(line).toContain(reason);
      expect(line).toContain(`move ${folder} away to start with an empty database`);
      expect(fs.existsSync(join(dataDir, 'plinth.lock'))).toBe(false);
    },
    timeoutMs,
  );

  it(
    'when its cluster is of another major version',
    async () => {
      const { dataDir, folder } = await usedFolder();
      fs.writeFileSync(join(folder, 'PG_VERSION'), '17\n');

      expect(await refusal(dataDir)).toBe(
        `${folder} was made by PostgreSQL 17 and this is PostgreSQL 18.4: ` +
          `move ${folder} away to start with an empty database.`,
      );
    },
    timeoutMs,
  );

  it(
    'when the password of its cluster is missing',
    async () => {
      const { dataDir } = await usedFolder();
      fs.rmSync(join(dataDir, 'postgres-password'));

      expect(await refusal(dataDir)).toMatch(/postgres-password, the password of .*, is missing: restore it, or move/);
    },
    timeoutMs,
  );

  it('when there is something else where the cluster should be', async () => {
    const dataDir = dataFolder();
    fs.mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    fs.writeFileSync(join(dataDir, 'postgres', 'photo.jpg'), '');
    expect(await refusal(dataDir)).toMatch(
      /is not empty and no PostgreSQL cluster .*: move .* away to start with an empty database\.$/,
    );

    fs.rmSync(join(dataDir, 'postgres'), { recursive: true });
    fs.writeFileSync(join(dataDir, 'postgres'), '');
    expect(await refusal(dataDir)).toMatch(/is not a folder: move it away to start with an empty database\.$/);
  });

  it('when its cluster is a link to somewhere else', async () => {
    const dataDir = dataFolder();
    fs.mkdirSync(dataDir);
    fs.symlinkSync('/var/lib/plinth/of-another-folder', join(dataDir, 'postgres'));

    expect(await refusal(dataDir)).toMatch(/which was not made for this data folder/);
  });

  it('when it is a file', async () => {
    const dataDir = dataFolder();
    fs.writeFileSync(dataDir, '');

    expect(await refusal(dataDir)).toMatch(/is a file or lies below one/);
    expect(await refusal(join(dataDir, 'below'))).toMatch(/is a file or lies below one/);
  });

  asRoot(
    'when an unprivileged user may not write to it',
    async () => {
      const dataDir = dataFolder();
      fs.mkdirSync(dataDir);

      const { refused } = await child(dataDir, { uid: unprivilegedId, gid: unprivilegedId }).outcome;

      expect(refused).toBe(
        `The data folder ${dataDir} cannot be written (EACCES): fix its permissions or set DATA_DIR to another folder.`,
      );
    },
    timeoutMs,
  );
});

async function* eventsOf(watcher: fs.FSWatcher): AsyncGenerator<unknown[]> {
  for (;;) yield await once(watcher, 'change');
}
