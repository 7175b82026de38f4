/** An error, or an error that it wraps, whose members are unknown. */
export type Link = Readonly<Record<string, unknown>>;

export function isLink(value: unknown): value is Link {
  return typeof value === 'object' && value !== null;
}

/** The constraint that a statement violated. */
export interface ViolatedConstraint {
  /** Empty when neither PostgreSQL nor the adapter names them and the constraint's name is ambiguous. */
  readonly columns: readonly string[];
  /** Of a foreign key: true when the row is still referenced, false when it refers to a missing row. */
  readonly stillReferenced: boolean;
}

/**
 * Reads the constraint from an error of node-postgres or of the driver adapter. The adapter drops the detail that names
 * the columns; messages may be in any language, but quote names.
 */
export function violatedConstraint(link: Link): ViolatedConstraint {
  const quoted = namesIn(textOf(link['originalMessage']) || textOf(link['message']));
  return { columns: columnsOf(link, quoted), stillReferenced: isStillReferenced(link, quoted) };
}

function columnsOf(link: Link, quoted: readonly string[]): readonly string[] {
  const { constraint, column, detail } = link;
  const fields = isLink(constraint) ? constraint['fields'] : undefined;
  if (Array.isArray(fields)) return fields.filter((field) => typeof field === 'string');
  if (typeof column === 'string') return [column];
  // "Key (first_name, last_name)=(Ada, Lovelace) already exists."
  const [, listed] = /\(([\w, ]+)\)=\(/.exec(textOf(detail)) ?? [];
  if (listed !== undefined) return listed.split(', ');
  return byName(constraintOf(link), [textOf(link['table']), ...quoted]);
}

/** `posts_author_id_fkey` names author_id; `posts_a_b_key` is ambiguous: a_b, or a and b. */
function byName(name: string, tables: readonly string[]): readonly string[] {
  const table = tables.find((each) => each !== '' && name.startsWith(`${each}_`));
  if (table === undefined) return [];
  const [, column] = /^(\w+_id(?=_fkey$)|[^_]+(?=_(?:fkey|key|excl)$))/.exec(name.slice(table.length + 1)) ?? [];
  return column === undefined ? [] : [column];
}

/** Of the two messages of a foreign key, the one about a referenced row names a second table. */
function isStillReferenced(link: Link, quoted: readonly string[]): boolean {
  const name = constraintOf(link);
  return (
    link['originalCode'] === '23001' || link['code'] === '23001' || quoted.filter((each) => each !== name).length > 1
  );
}

function constraintOf({ constraint }: Link): string {
  return textOf(isLink(constraint) ? constraint['index'] : constraint);
}

function namesIn(message: string): string[] {
  return [...message.matchAll(/\p{QMark}\s?([^\p{QMark}]+?)\s?\p{QMark}/gu)].map(([, name = '']) => name);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
