import { Injectable } from '@nestjs/common';
import type { Prisma } from './generated/client.ts';
import { PreparedQueries } from './prepared-queries.ts';

/** The number of rows in a list. */
export interface Total {
  readonly count: number;
  /** False: `count` is PostgreSQL's estimate from its statistics. */
  readonly isExact: boolean;
}

const exactMax = 10_000;

/** Counts the rows of lists at a bounded cost: exactly up to 10,000, then by estimate. */
@Injectable()
export class Totals {
  constructor(private readonly reads: PreparedQueries) {}

  /**
   * @param matching the statement without its columns: `FROM … WHERE …`
   * @param described the same rows in simpler conditions, where PostgreSQL cannot estimate those of `matching`
   */
  async count(matching: Prisma.Sql, described = matching): Promise<Total> {
    const { text, values } = matching;
    const some = `SELECT count(*)::int AS count FROM (SELECT ${text} LIMIT ${exactMax + 1}) AS counted`;
    const [row] = await this.reads.query<{ count: number }>({ name: '', text: some }, values);
    const count = row?.count ?? 0;
    if (count <= exactMax) return { count, isExact: true };
    return { count: Math.max(count, await this.estimate(described)), isExact: false };
  }

  private async estimate({ text, values }: Prisma.Sql): Promise<number> {
    type Plan = readonly [{ readonly Plan: { readonly 'Plan Rows': number } }];
    const explain = { name: '', text: `EXPLAIN (FORMAT JSON) SELECT ${text}` };
    const [row] = await this.reads.query<{ 'QUERY PLAN': Plan }>(explain, values);
    return Math.round(row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0);
  }
}
