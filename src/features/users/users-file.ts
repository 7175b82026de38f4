import { csvLine } from './csv.ts';
import type { UserRecord } from './user.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** How a file of users is written: a head, then a line for each. */
interface UsersFile {
  readonly mediaType: string;
  readonly head: string;
  readonly line: (user: UserRecord) => string;
}

const header: readonly (keyof UserRecord)[] = [
  'id',
  'email',
  'emailVerified',
  'displayName',
  'locale',
  'timezone',
  'roles',
  'status',
  'createdAt',
  'updatedAt',
];

/** The kinds of file; in CSV an absent name is an empty cell, and roles are separated by spaces. */
export const usersFiles: Readonly<Record<ExportFormat, UsersFile>> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    head: csvLine(header),
    line: (user) => csvLine(header.map((column) => cell(user[column]))),
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    head: '',
    line: (user) => `${JSON.stringify(user)}\n`,
  },
};

function cell(value: UserRecord[keyof UserRecord]): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.join(' ') : String(value);
}
