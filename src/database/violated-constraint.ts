/** An error, or what an error wraps, as it was thrown: read member by member. */
export type Link = Readonly<Record<string, unknown>>;

export function isLink(value: unknown): value is Link {
  return typeof value === 'object' && value !== null;
}

/** What is known of the constraint that a statement has violated. */
export interface ViolatedConstraint {
  /** Empty where neither PostgreSQL nor the adapter tells and the constraint's name leaves a doubt. */
  readonly columns: readonly string[];
  /** Of a foreign key: the row is still referred to, where otherwise it refers to one that does not exist. */
  readonly stillReferenced: boolean;
}

/**
 * Reads it from node-postgres's error or what the driver adapter makes of one. The adapter drops the detail that names
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

/** `posts_author_id_fkey` is author_id's; `posts_a_b_key` may be that of a_b, or of a and b, and is not guessed at. */
function byName(name: string, tables: readonly string[]): readonly string[] {
  const table = tables.find((each) => each !== '' && name.startsWith(`${each}_`));
  if (table === undefined) return [];
  const [, column] = /^(\w+_id(?=_fkey$)|[^_]+(?=_(?:fkey|key|excl)$))/.exec(name.slice(table.length + 1)) ?? [];
  return column === undefined ? [] : [column];
}

/** Of the two messages of a foreign key, that of a row which is still referred to names a second table. */
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
