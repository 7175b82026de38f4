import type { UserRecord } from './user.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The beginning of a formula in spreadsheets (OWASP, CSV injection), full-width forms included. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;

/** Writes a file of users: a header, then one row for each user. */
interface ExportFormatWriter {
  readonly mediaType: string;
  readonly header: string;
  readonly row: (user: UserRecord) => string;
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

/** The writer of each format; in CSV a null name is an empty cell, and roles are separated by spaces. */
export const exportFormatWriters: Readonly<Record<ExportFormat, ExportFormatWriter>> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    header: csvLine(header),
    row: (user) => csvLine(header.map((column) => cell(user[column]))),
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    header: '',
    row: (user) => `${JSON.stringify(user)}\n`,
  },
};

function cell(value: UserRecord[keyof UserRecord]): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.join(' ') : String(value);
}

/** One record of a CSV file (RFC 4180), ended by CR LF. Cells with the delimiters of other locales are quoted too. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  const sanitized = formula.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]/.test(sanitized) ? `"${sanitized.replaceAll('"', '""')}"` : sanitized;
}
