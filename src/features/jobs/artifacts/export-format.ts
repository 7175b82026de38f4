import { EnumField } from '../../../platform/validation/enum-fields.ts';

/** The formats of exported records. */
const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The media type of each format. */
export const exportMediaTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** The format of an exported file, in the payload and the result of its job. */
export function ExportFormatField(): PropertyDecorator {
  return EnumField(exportFormats, { name: 'ExportFormat', description: 'The format of the file.', example: 'csv' });
}

/** The beginning of a formula in spreadsheets (OWASP, CSV injection), full-width forms included. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;

/** A member of a record. */
type Value = string | number | boolean | null | readonly string[];

/** A record of `Columns`, as PostgreSQL returns it: times are text. */
export type ExportedRecord<Column extends string> = Readonly<Record<Column, Value>>;

/** Writes a file of records: a header, then one row for each record. */
interface RecordFormatter<Column extends string> {
  readonly header: string;
  readonly row: (record: ExportedRecord<Column>) => string;
}

/** Formats records with these columns; in CSV null is an empty cell, and the entries of a list are separated by spaces. */
export function recordFormatter<Column extends string>(
  format: ExportFormat,
  columns: readonly Column[],
): RecordFormatter<Column> {
  return format === 'csv'
    ? { header: csvLine(columns), row: (record) => csvLine(columns.map((column) => cell(record[column]))) }
    : { header: '', row: (record) => `${JSON.stringify(record)}\n` };
}

function cell(value: Value): string {
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
