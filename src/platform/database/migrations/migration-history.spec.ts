import { describe, expect, it } from '@jest/globals';
import { compareHistory, readHistory } from './migration-history.ts';
import { checksums } from './shipped-migrations.ts';

const sql = 'CREATE TABLE a (id int);\n';
const shipped = ['1_a', '3_c'].map((name) => ({ name, ...checksums(sql) }));
const appliedAt = '2026-01-01 00:00:00';
const row = (name: string, text = sql): { name: string; checksum: string; appliedAt: string } => ({
  ...{ name, checksum: checksums(text).checksum, appliedAt },
});

describe('compareHistory', () => {
  it('returns all migrations as pending for a database that was never migrated', async () => {
    const never = Object.assign(new Error('relation "_prisma_migrations" does not exist'), { code: '42P01' });
    const history = await readHistory(async () => await Promise.reject(never));

    expect(compareHistory(shipped, history)).toEqual([
      { name: '1_a', state: 'pending' },
      { name: '3_c', state: 'pending' },
    ]);
  });

  it('distinguishes applied, failed, missing and newer migrations', () => {
    const { checksum } = checksums(sql);
    const history = [row('1_a'), row('2_b'), { name: '3_c', checksum }, row('4_d')];

    expect(compareHistory(shipped, history)).toEqual([
      { name: '1_a', state: 'applied', appliedAt },
      { name: '2_b', state: 'missing', appliedAt },
      { name: '3_c', state: 'failed' },
      { name: '4_d', state: 'newer', appliedAt },
    ]);
  });

  it('returns `edited` for a changed text, but not for other line ends', () => {
    const [edited, same] = compareHistory(shipped, [
      row('1_a', 'DROP TABLE a;'),
      row('3_c', sql.replace('\n', '\r\n')),
    ]);

    expect(edited).toMatchObject({ state: 'edited' });
    expect(same).toMatchObject({ state: 'applied' });
  });

  it('rethrows all other errors of the query', async () => {
    const lost = new Error('Connection terminated');
    await expect(readHistory(async () => await Promise.reject(lost))).rejects.toBe(lost);
  });
});
