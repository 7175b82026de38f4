import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A record of docs/proofs, which scenarios and benchmarks write with `--record`. */
interface ProofRecord {
  readonly name: string;
  readonly promise: string;
  readonly command: string;
  readonly figures: Readonly<Record<string, string | number>>;
  readonly date: string;
  readonly machine: string;
  /** Load average over a minute at the end. */
  readonly load: string;
}

const head = `# Proofs

What the product promises, the command that shows it, and what the command printed the last time it was run with \`--record\`.
The load average belongs to the figures: times on a busy machine are longer. \`npm run generate:docs\` writes this page from the
records in [proofs/](proofs); [test/faults/README.md](../test/faults/README.md) describes the scenarios and
[bench/README.md](../bench/README.md) the benchmarks. \`npm run test:faults -- all\` runs the short form of each scenario.
`;

/** docs/proofs.md from the records in this folder. */
export function proofsPage(folder: string): string {
  const records = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProofRecord);
  return [head, ...records.map(section)].join('\n');
}

function section({ name, promise, command, figures, date, machine, load }: ProofRecord): string {
  const lines = Object.entries(figures).map(([figure, value]) => `- ${figure}: ${value}`);
  return `## ${name}\n\n${promise}\n\n\`\`\`sh\n${command}\n\`\`\`\n\n${lines.join('\n')}\n\n${date}; ${machine}; load average ${load}\n`;
}
