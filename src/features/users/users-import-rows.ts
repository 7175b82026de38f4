import { setImmediate } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import { validateInput } from '../../platform/validation/validate-input.ts';
import type { CsvChunk, CsvRecord } from './csv-records.ts';
import { csvRecords } from './csv-records.ts';
import type { ImportedUser } from './users-import.repository.ts';

const rolesPermission = 'users:write';

/** Rows that are validated before other work of the process gets its turn. */
const rowsPerTurn = 50;

const notGranted = { code: 'forbidden', detail: `roles requires the permission ${rolesPermission}` };

/** The fields of a valid row. */
interface ImportRow {
  readonly email: string;
  readonly displayName?: string | null;
  readonly locale?: string;
  readonly timezone?: string;
  readonly roles?: readonly string[];
}

/** What the import has in common with the API: provided by the module, because a job knows no HTTP. */
export abstract class ImportRules {
  /** The class that validates a row. */
  abstract readonly row: Type<ImportRow>;
  abstract readonly permissionsOf: (roles: readonly string[]) => readonly string[];
}

/** A row that created no user. */
export interface ReportLine {
  readonly line: number;
  readonly email: string;
  readonly code: string;
  readonly detail: string;
}

/** The rows of a chunk after their validation. */
export interface ReadChunk {
  readonly users: (ImportedUser & { readonly line: number })[];
  readonly report: ReportLine[];
  readonly failed: number;
}

/** Reads the rows of a file as users to create. */
@Injectable()
export class UsersImportRows {
  constructor(private readonly rules: ImportRules) {}

  /** @param granted the permissions of the user who imports them */
  async read(chunk: CsvChunk, columns: readonly string[], granted: readonly string[]): Promise<ReadChunk> {
    const read: ReadChunk & { failed: number } = { users: [], report: [], failed: 0 };
    let count = 0;
    for (const record of csvRecords(chunk)) {
      count += 1;
      if (count % rowsPerTurn === 0) await setImmediate();
      const input = inputOf(record, columns);
      const { value, errors } = await this.validate(record, input, columns);
      const email = typeof input['email'] === 'string' ? input['email'] : '';
      const isGranted = value?.roles === undefined || granted.includes(rolesPermission);
      if (value !== undefined && isGranted) {
        read.users.push({ line: record.line, ...toUser(value) });
        continue;
      }
      read.failed += 1;
      for (const { code, detail } of isGranted ? errors : [notGranted])
        read.report.push({ line: record.line, email, code, detail });
    }
    return read;
  }

  private async validate(
    { cells }: CsvRecord,
    input: Readonly<Record<string, unknown>>,
    columns: readonly string[],
  ): Promise<{ value: ImportRow | undefined; errors: readonly Omit<ReportLine, 'line' | 'email'>[] }> {
    if (cells === undefined)
      return { value: undefined, errors: [{ code: 'malformed_row', detail: 'text follows a closing quote' }] };
    if (cells.length !== columns.length) {
      const detail = `must have ${columns.length} cells as the header, and has ${cells.length}`;
      return { value: undefined, errors: [{ code: 'cell_count', detail }] };
    }
    const { value, errors } = await validateInput(this.rules.row, input);
    const located = errors.map(({ path, code, detail }) => ({ code, detail: `${path[0] ?? ''} ${detail}` }));
    return { value, errors: located };
  }
}

/** The cells by column, without empty ones. */
function inputOf({ cells = [] }: CsvRecord, columns: readonly string[]): Record<string, unknown> {
  const members = columns.map((column, at): [string, string] => [column, cells[at] ?? '']);
  return Object.fromEntries(
    members
      .filter(([, cell]) => cell !== '')
      .map(([column, cell]) => [column, column === 'roles' ? cell.split(' ').filter((role) => role !== '') : cell]),
  );
}

function toUser({ email, displayName, locale, timezone, roles }: ImportRow): ImportedUser {
  return {
    id: uuidv7(),
    email,
    emailNormalized: normalizedEmail(email),
    displayName: displayName ?? null,
    locale: locale ?? 'en',
    timezone: timezone ?? 'UTC',
    roles: roles ?? ['user'],
    reason: roles === undefined ? 'imported' : `imported as ${roles.join(' ')}`,
  };
}
