import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadOrder, LoadResult } from './load.ts';

const run = promisify(execFile);

/** Whether `wrk` is on the PATH: it takes less CPU time than a generator in JavaScript. */
export const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

/** Sends requests as fast as responses arrive, with the tokens in turn. @throws unless every response is a success */
export async function saturateWithWrk({ url, path, tokens, connections, seconds }: LoadOrder): Promise<LoadResult> {
  const script = join(tmpdir(), `plinth-bench-${process.pid}.lua`);
  writeFileSync(script, scriptOf(path, tokens));
  const duration = `${Math.max(1, Math.round(seconds))}s`;
  const args = ['-t1', `-c${connections}`, `-d${duration}`, '-s', script, url];
  const { stdout } = await run('wrk', args);
  const [, figures = ''] = stdout.split('FIGURES ');
  const { failed, ...result } = JSON.parse(figures) as LoadResult & { failed: number };
  if (failed > 0 || result.requests === 0) throw new Error(`GET ${path} failed ${failed} times:\n${stdout}`);
  return result;
}

function scriptOf(path: string, tokens: readonly string[]): string {
  return `
local requests, at = {}, 0
local tokens = { ${tokens.map((token) => `"${token}"`).join(', ')} }
init = function()
  for i, token in ipairs(tokens) do
    requests[i] = wrk.format("GET", "${path}", { ["Host"] = wrk.headers["Host"], ["Authorization"] = "Bearer " .. token })
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('FIGURES {"requests":%d,"perSecond":%f,"p50Ms":%f,"p99Ms":%f,"lateShare":0,"failed":%d}',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}
