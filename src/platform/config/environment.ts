import { crossFieldErrors } from './cross-field-errors.ts';
import { parseEnvFile, readText, UnreadableFile } from './env-file.ts';
import { passkeyErrors } from './passkeys.ts';
import { InvalidConfigError } from './startup-error.ts';
import type { Environment } from './variables.ts';
import { variables } from './variables.ts';
import type { Variable } from './variables/values.ts';

/** Environment variables before validation. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The process's variables over those of an `.env` file in the working folder.
 * @throws InvalidConfigError when there is such a file and it, or a line of it, cannot be read
 */
export function readEnvironment(): RawEnvironment {
  return { ...readEnvFile(), ...process.env };
}

/**
 * Validates all variables and reads `<NAME>_FILE` for the secret ones. An empty value counts as absent.
 * @throws InvalidConfigError naming all problems at once
 */
export function parseEnvironment(raw: RawEnvironment): Environment {
  const problems: string[] = [];
  const parsed = parseEach(variables, raw, problems);
  problems.push(...crossFieldErrors(parsed, problems));
  if (problems.length === 0) problems.push(...passkeyErrors(parsed as Environment));
  if (problems.length > 0) throw new InvalidConfigError(problems);
  return parsed as Environment;
}

/**
 * Validates some variables, independently of the others.
 * @throws InvalidConfigError
 */
export function parseVariables(
  some: Readonly<Record<string, Variable>>,
  raw: RawEnvironment,
): Readonly<Record<string, string>> {
  const problems: string[] = [];
  const parsed = parseEach(some, raw, problems);
  if (problems.length > 0) throw new InvalidConfigError(problems);
  return parsed as Record<string, string>;
}

function parseEach(
  some: Readonly<Record<string, Variable>>,
  raw: RawEnvironment,
  problems: string[],
): Record<string, unknown> {
  const entries = Object.entries(some).map(([name, variable]) => [name, parseVariable(name, variable, raw, problems)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function readEnvFile(): RawEnvironment {
  const { values, problems } = parseEnvFile(envFileText(), isRead);
  if (problems.length > 0) throw new InvalidConfigError(problems);
  return values;
}

function envFileText(): string {
  try {
    return readText('.env');
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    if (error.code === 'ENOENT') return '';
    const location = error.line === undefined ? '.env' : `.env:${error.line}`;
    const remedy = error.code === undefined ? '' : '; it must be a file that this user may read, or absent';
    throw new InvalidConfigError([`${location}: ${error.message}${remedy}`]);
  }
}

/** Whether a variable of this name is one of the service's. */
function isRead(name: string): boolean {
  const known: Readonly<Record<string, Variable>> = variables;
  return Object.hasOwn(known, name) || known[name.replace(/_FILE$/, '')]?.secret === true;
}

function parseVariable(name: string, variable: Variable, raw: RawEnvironment, problems: string[]): unknown {
  const value = valueOf(name, variable, raw, problems) ?? variable.default;
  if (value === undefined) return undefined;
  const result = variable.schema.safeParse(value);
  if (result.success) return result.data;
  problems.push(...result.error.issues.map((issue) => `${name}: ${issue.message}`));
  return undefined;
}

function valueOf(name: string, variable: Variable, raw: RawEnvironment, problems: string[]): string | undefined {
  const value = nonEmpty(raw[name]);
  const file = variable.secret ? nonEmpty(raw[`${name}_FILE`]) : undefined;
  if (file === undefined) return value;
  if (value !== undefined) {
    problems.push(`${name}: is set together with ${name}_FILE; set one of them`);
    return undefined;
  }
  try {
    return nonEmpty(readText(file).trim());
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    problems.push(`${name}_FILE: ${error.message}`);
    return undefined;
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
