import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { lockFolder } from './folder-lock.ts';
import { restoreCluster } from './restore-cluster.ts';

const root = mkdtempSync(join(tmpdir(), 'plinth-restore-'));
// When root runs the tests, the server's user must be able to enter the data folder.
chmodSync(root, 0o755);

afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A folder with the files that are required of a backup. */
function backupFolder(name: string): string {
  const backup = join(root, name);
  mkdirSync(join(backup, 'cluster', 'base'), { recursive: true });
  writeFileSync(join(backup, 'cluster', 'backup_label'), 'START WAL LOCATION');
  writeFileSync(join(backup, 'cluster', 'PG_VERSION'), '18');
  writeFileSync(join(backup, 'postgres-password'), 'of-the-backup-1234');
  return backup;
}

describe('A restored backup', () => {
  it('replaces the remains of a killed restore, and leaves no other folder', () => {
    const dataDir = join(root, 'after-kill');
    mkdirSync(join(dataDir, 'postgres.new-killed', 'cluster'), { recursive: true });

    const folder = restoreCluster(backupFolder('complete'), dataDir);

    expect(readdirSync(folder).sort()).toEqual(['PG_VERSION', 'backup_label', 'base']);
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres-password']);
    expect(readFileSync(join(dataDir, 'postgres-password'), 'utf8')).toBe('of-the-backup-1234');
    expect(() => restoreCluster(join(root, 'complete'), dataDir)).toThrow('has a cluster already');
  });

  it('is no cluster until it is complete', () => {
    const dataDir = join(root, 'failed');
    const backup = backupFolder('unreadable');
    const password = join(backup, 'postgres-password');
    rmSync(password);
    mkdirSync(password);

    expect(() => restoreCluster(backup, dataDir)).toThrow('cannot copy a directory');

    expect(readdirSync(dataDir)).toEqual([]);
    expect(existsSync(restoreCluster(backupFolder('repeated'), dataDir))).toBe(true);
  });

  it('is refused while the data folder is in use', () => {
    const dataDir = join(root, 'in-use');
    mkdirSync(dataDir);
    const lock = lockFolder(dataDir);

    expect(() => restoreCluster(backupFolder('refused'), dataDir)).toThrow('is in use by another Plinth');

    lock.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });
});
