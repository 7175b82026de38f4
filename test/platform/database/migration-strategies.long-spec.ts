import { describe, expect, it } from '@jest/globals';
import { expectNothingLost, runStrategy, strategies } from './migration-strategies.ts';

const size = { writers: 4, pauseMs: 5, rows: 50_000 };
const aloneMs = 10_000;

describe('The strategies of docs/operations/migrations.md', () => {
  it.each(strategies)('$title: writes take at most twice as long as before (99th percentile)', async (strategy) => {
    const run = await runStrategy(strategy, size, aloneMs);
    const { load, begun, ended } = run;

    const during = (at: number): boolean => at >= begun && at < ended;
    const [p99, median, longest] = [99, 50, 100].map((percent) => ({
      alone: load.percentile(percent, (at) => !during(at)),
      during: load.percentile(percent, during),
    }));
    const figures = { p99, median, longest };
    const ratio = (p99?.during ?? Number.NaN) / (p99?.alone ?? Number.NaN);
    console.log(
      `${strategy.title}: ${size.rows} rows, ${load.committed} transactions, migrated in ${Math.round(ended - begun)} ms, ` +
        `ratio of the 99th percentiles ${ratio.toFixed(2)}; in ms: ${JSON.stringify(figures, rounded)}`,
    );
    await expectNothingLost(strategy, run);
    expect(ratio).toBeLessThanOrEqual(2);
  });
});

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(1)) : value;
}
