import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { machineWith, nameOf } from '../../../bench/machine.ts';

/** What one run of a scenario or a benchmark has shown. `npm run generate:docs` writes docs/proofs.md from these. */
export interface Proof {
  readonly name: string;
  readonly promise: string;
  readonly command: string;
  /** By name, with the result and the seed. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** The folder of the records, relative to the repository, in which scenarios are started. */
const folder = 'docs/proofs';

/** Writes docs/proofs/<name>.json, over the earlier record of this name. */
export async function recordProof(proof: Proof, pool: Pool): Promise<void> {
  const machine = nameOf(await machineWith(pool));
  const record = { ...proof, date: new Date().toISOString().slice(0, 10), machine, load: loadavg()[0]?.toFixed(1) };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${proof.name}.json`), `${JSON.stringify(record, undefined, 2)}\n`);
}
