import { readEnvFile } from './env-file.ts';
import { jointProblems } from './joint-problems.ts';
import { readText, UnreadableFile } from './text-file.ts';
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
 * @throws ConfigInvalid when there is such a file and it, or a line of it, can't be read
 */
export function surroundings(): RawEnvironment {
  return { ...envFile(), ...process.env };
}

function envFile(): RawEnvironment {
  const { values, problems } = readEnvFile(envFileText(), isRead);
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return values;
}

function envFileText(): string {
  try {
    return readText('.env');
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    if (error.code === 'ENOENT') return '';
    const place = error.line === undefined ? '.env' : `.env:${error.line}`;
    const remedy = error.code === undefined ? '' : '; it must be a file that this user may read, or absent';
    throw new ConfigInvalid([`${place}: ${error.message}${remedy}`]);
  }
}

/** Whether a variable of this name is one of the service's. */
function isRead(name: string): boolean {
  const known: Readonly<Record<string, Variable>> = variables;
  return Object.hasOwn(known, name) || known[name.replace(/_FILE$/, '')]?.secret === true;
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
    return present(readText(file).trim());
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    problems.push(`${name}_FILE: ${error.message}`);
    return undefined;
  }
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
