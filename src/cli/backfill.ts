import { parseArgs } from 'node:util';
import type { BackfillProgress } from '../platform/database/migrations/backfill.ts';
import { backfill, backfillStates } from '../platform/database/migrations/backfill.ts';
import { databaseCommand, UsageError } from './database-command.ts';

interface BackfillArguments {
  readonly migration: string | undefined;
  readonly rows: number;
  readonly pauseMs: number;
}

await databaseCommand(readArguments, async (url, { migration, ...limits }) => {
  if (migration === undefined) return await list(url);
  const onProgress = reporter();
  const onRetry = (): void => {
    console.log('A batch could not lock its rows; retrying');
  };
  const { read, changed } = await backfill({ url, migration, ...limits, onProgress, onRetry });
  console.log(`${migration} is finished: ${format(read)} rows read, ${format(changed)} changed.`);
  return 0;
});

async function list(url: string): Promise<number> {
  const states = await backfillStates(url);
  if (states.size === 0) console.log('No migration has a backfill.sql.');
  for (const [migration, state] of states) {
    const rows = state === undefined ? '' : `, ${format(state.read)} rows read, ${format(state.changed)} changed`;
    const label = state === undefined ? 'not started' : state.finished ? 'finished' : 'not finished';
    console.log(`${migration}  ${label}${rows}`);
  }
  return [...states.values()].every((state) => state?.finished === true) ? 0 : 1;
}

/** Prints the progress once a second: rows, rate, and an estimate of the time that is left. */
function reporter(): (progress: BackfillProgress) => void {
  let [first, printedAt] = [undefined as BackfillProgress | undefined, performance.now()];
  const startedAt = printedAt;
  return (progress) => {
    first ??= progress;
    if (performance.now() - printedAt < 1000) return;
    printedAt = performance.now();
    const rate = (progress.read - first.read) / ((printedAt - startedAt) / 1000);
    const left = progress.total === undefined || rate === 0 ? undefined : (progress.total - progress.read) / rate;
    const of = progress.total === undefined ? '' : ` of about ${format(progress.total)}`;
    const remaining = left === undefined ? '' : `, about ${format(Math.max(left, 1))} s left`;
    console.log(
      `${format(progress.read)}${of} rows read, ${format(progress.changed)} changed, ${format(rate)} rows/s${remaining}`,
    );
  };
}

function format(number: number): string {
  return Math.round(number).toLocaleString('en');
}

function readArguments(): BackfillArguments {
  const { positionals, values } = parseArguments();
  const [migration, ...others] = positionals;
  const [rows, pauseMs] = [Number(values.rows), Number(values.pause)];
  if (others.length > 0 || !isWithin(rows, 1, 100_000) || !isWithin(pauseMs, 0, 3_600_000)) throw usageError();
  return { migration, rows, pauseMs };
}

function parseArguments(): { positionals: string[]; values: { rows: string; pause: string } } {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { rows: { type: 'string', default: '1000' }, pause: { type: 'string', default: '100' } },
    });
  } catch {
    throw usageError();
  }
}

function isWithin(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

function usageError(): UsageError {
  return new UsageError(
    'Usage: npm run db:backfill -- [<migration> [--rows 1000] [--pause 100]]; rows of one transaction, pause in ms',
  );
}
