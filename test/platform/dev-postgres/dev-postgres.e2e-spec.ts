import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { connectOrStartEmbedded, startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { query } from '../../harness/database/empty-database.ts';
import {
  asRoot,
  child,
  cleanups,
  dataFolder,
  notes,
  readNotes,
  refusal,
  start,
  timeoutMs,
  unprivilegedId,
  usedFolder,
} from './data-folders.ts';

/* dev-postgres.long-spec.ts has races, remains of killed processes, ports and unprivileged users. */

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
});

describe('a data folder', () => {
  it(
    'is refused with the pid while another Plinth runs, and served afterwards',
    async () => {
      const { dataDir } = await usedFolder();
      const other = child(dataDir);
      const { url = '' } = await other.outcome;

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
    'is taken over from a killed Plinth whose server still runs, with its data',
    async () => {
      const dataDir = dataFolder();
      const killed = child(dataDir);
      const { url = '' } = await killed.outcome;
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
