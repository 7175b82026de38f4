import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { jointProblems } from './joint-problems.ts';
import type { Environment } from './variables.ts';
import { variables } from './variables.ts';
import type { Variable } from './variables/variable.ts';

/** What the process or an `.env` file says, before anything is checked. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** The configuration can't be used. The message lists every problem by variable, never a value. */
export class ConfigInvalid extends Error {
  constructor(readonly problems: readonly string[]) {
    super(['The configuration is invalid:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/**
 * The process's variables over those of an `.env` file in the working folder.
 * @throws ConfigInvalid when there is such a file and it can't be read
 */
export function surroundings(): RawEnvironment {
  return { ...parseEnv(envFile()), ...process.env };
}

function envFile(): string {
  try {
    return readFileSync('.env', 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT') return '';
    throw new ConfigInvalid([`.env: can't be read (${code}); it must be a file that this user may read, or absent`]);
  }
}

/**
 * Checks all variables and reads `<NAME>_FILE` for the secret ones. An empty value counts as absent.
 * @throws ConfigInvalid naming all problems at once
 */
export function parseEnvironment(raw: RawEnvironment): Environment {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable>(variables)) {
    parsed[name] = parseVariable(name, variable, raw, problems);
  }
  problems.push(...jointProblems(parsed, problems));
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return parsed as Environment;
}

function parseVariable(name: string, variable: Variable, raw: RawEnvironment, problems: string[]): unknown {
  const given = valueOf(name, variable, raw, problems) ?? variable.default;
  if (given === undefined) return undefined;
  const result = variable.schema.safeParse(given);
  if (result.success) return result.data;
  problems.push(...result.error.issues.map((issue) => `${name}: ${issue.message}`));
  return undefined;
}

function valueOf(name: string, variable: Variable, raw: RawEnvironment, problems: string[]): string | undefined {
  const value = present(raw[name]);
  const file = variable.secret ? present(raw[`${name}_FILE`]) : undefined;
  if (file === undefined) return value;
  if (value !== undefined) {
    problems.push(`${name}: is set beside ${name}_FILE; set one of them`);
    return undefined;
  }
  try {
    return present(readFileSync(file, 'utf8').trim());
  } catch (error) {
    problems.push(`${name}_FILE: can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return undefined;
  }
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
