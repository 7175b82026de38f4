import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import { root } from './lockfile.ts';

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      range: z.string(),
      via: z.array(z.union([z.string(), z.object({ url: z.string() })])),
    }),
  ),
});

const failure = z.object({ message: z.string() });

/** Exit codes: nothing known, a vulnerability is known, and the registry did not answer the question. */
const [passed, vulnerable, notRun] = [0, 1, 2];

const audit = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
const output = parse(audit.stdout);
const { success, data } = report.safeParse(output);
if (!success) {
  console.error(
    `plinth: the audit was NOT RUN, so nothing is known: ${failure.safeParse(output).data?.message ?? 'npm printed no report'}.`,
  );
  console.error('plinth: repeat it with a registry that serves advisories: npm run audit --registry=<URL>');
  process.exitCode = notRun;
} else {
  const found = Object.entries(data.vulnerabilities);
  for (const [name, { severity, range, via }] of found) {
    const advisories = via.map((each) => (typeof each === 'string' ? each : each.url));
    console.error(`${severity}: ${name} ${range}: ${advisories.join(', ')}`);
  }
  console.log(
    found.length === 0 ? 'No advisory applies to a production package.' : `${found.length} vulnerable packages.`,
  );
  process.exitCode = found.length === 0 ? passed : vulnerable;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
