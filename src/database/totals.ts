import { Injectable } from '@nestjs/common';
import type { Prisma } from './generated/client.ts';
import { NamedReads } from './named-reads.ts';

/** How many rows a list has. */
export interface Total {
  readonly count: number;
  /** Otherwise it is PostgreSQL's estimate, which rests on its statistics. */
  readonly isExact: boolean;
}

/** So many are counted. */
const countedMax = 10_000;

/** Counts the rows of lists at a bounded cost: beyond 10,000 an estimate has to do. */
@Injectable()
export class Totals {
  constructor(private readonly reads: NamedReads) {}

  /**
   * `matching` is the statement behind its columns: `FROM … WHERE …`. `described` means the same rows in plain words, where
   * PostgreSQL can't estimate how many the other one finds.
   */
  async count(matching: Prisma.Sql, described = matching): Promise<Total> {
    const { text, values } = matching;
    const some = `SELECT count(*)::int AS count FROM (SELECT ${text} LIMIT ${countedMax + 1}) AS counted`;
    const [row] = await this.reads.query<{ count: number }>({ name: '', text: some }, values);
    const count = row?.count ?? 0;
    if (count <= countedMax) return { count, isExact: true };
    return { count: Math.max(count, await this.estimate(described)), isExact: false };
  }

  private async estimate({ text, values }: Prisma.Sql): Promise<number> {
    type Plan = readonly [{ readonly Plan: { readonly 'Plan Rows': number } }];
    const explain = { name: '', text: `EXPLAIN (FORMAT JSON) SELECT ${text}` };
    const [row] = await this.reads.query<{ 'QUERY PLAN': Plan }>(explain, values);
    return Math.round(row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0);
  }
}
