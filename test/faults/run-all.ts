import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

interface Outcome {
  readonly name: string;
  readonly result: string;
  readonly timeLimits: string;
  readonly seconds: number;
}

/**
 * Runs the short form of each scenario in a process of its own, one after another, prints its outcome when it ends, and
 * then one table. Returns the exit code: 1 when a guarantee was violated. Exceeded time limits are printed only, because
 * the sizes are small and the machine may be slow.
 */
export async function runAll(names: readonly string[], record: boolean): Promise<number> {
  const startedAt = performance.now();
  const outcomes: Outcome[] = [];
  for (const [index, name] of names.entries()) {
    const outcome = await runShort(name, record);
    outcomes.push(outcome);
    console.log(`${index + 1}/${names.length}  ${lineOf(outcome)}`);
  }
  const failed = outcomes.filter(({ result }) => result !== 'PASS');
  console.log(`\n${['scenario', 'took', 'time limits', 'result'].map(cell).join('')}`);
  for (const outcome of outcomes) console.log(lineOf(outcome));
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(`\n${outcomes.length - failed.length} passed, ${failed.length} failed, ${minutes} minutes`);
  return failed.length === 0 ? 0 : 1;
}

async function runShort(name: string, record: boolean): Promise<Outcome> {
  const startedAt = performance.now();
  const args = [...process.execArgv, process.argv[1] ?? '', name, '--short', ...(record ? ['--record'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const figure = (label: string): string | undefined => new RegExp(`^  ${label} +(.+)$`, 'm').exec(output)?.[1];
  return {
    name,
    result: figure('result') ?? 'FAIL: it printed no result',
    timeLimits: figure('within time limits') ?? '',
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
}

function lineOf({ name, result, timeLimits, seconds }: Outcome): string {
  return [name, `${seconds} s`, timeLimits.split(':')[0] ?? '', result].map(cell).join('');
}

function cell(value: string): string {
  return value.padEnd(20);
}
