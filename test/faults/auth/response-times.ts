import type { ScenarioOptions } from '../scenario.ts';
import { auc } from './auc.ts';

/** A request whose time is measured. */
export interface TimedRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly body?: object;
}

/** Two kinds of requests whose responses are the same; `at` counts them. */
export interface Comparison {
  readonly name: string;
  /** Awaited before the first request. */
  readonly prepare?: () => Promise<void>;
  readonly first: (at: number) => TimedRequest;
  readonly second: (at: number) => TimedRequest;
  /** Sent before the measurement, because the first requests include one-time costs; shares no state with the others. */
  readonly warmUp: (at: number) => TimedRequest;
}

const warmUps = 20;

/** Sends both kinds interleaved, in random order, and compares their times. */
export async function compareTimes(
  { name, prepare, first, second, warmUp }: Comparison,
  { rounds, random }: ScenarioOptions,
): Promise<{ area: number; text: string }> {
  await prepare?.();
  for (let at = 0; at < warmUps; at += 1) await timed(name, warmUp(at));
  const times = { first: [] as number[], second: [] as number[] };
  for (let at = 0; at < rounds; at += 1) {
    const pair = [
      { to: times.first, request: first(at) },
      { to: times.second, request: second(at) },
    ];
    for (const { to, request } of random.between(0, 1) === at % 2 ? pair : pair.reverse())
      to.push(await timed(name, request));
  }
  const area = auc(times.first, times.second);
  const medians = `medians ${median(times.first)} and ${median(times.second)} ms`;
  return { area, text: `AUC ${area.toFixed(3)} of ${rounds} + ${rounds}; ${medians}` };
}

async function timed(name: string, { url, headers = {}, body }: TimedRequest): Promise<number> {
  const request =
    body === undefined
      ? { headers }
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        };
  const startedAt = performance.now();
  const response = await fetch(url, request);
  await response.arrayBuffer();
  const tookMs = performance.now() - startedAt;
  if (response.status >= 429) throw new Error(`${name}: ${url} returned ${response.status}`);
  return tookMs;
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1);
}
