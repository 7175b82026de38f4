import { Secret } from 'otpauth';
import type { Client } from 'pg';

/** A secret value that no other text contains. */
export interface Canary {
  readonly name: string;
  readonly secret: string;
}

/** A column that holds a secret that is not encrypted or hashed. */
export interface SecretLeak {
  readonly place: string;
  readonly name: string;
}

interface Column {
  readonly place: string;
  readonly relation: string;
  readonly column: string;
  readonly isBytes: boolean;
}

/** The bytes that a secret encodes, and its text: stored as either, in any encoding, it is not protected. */
function bytesOf(secret: string): Buffer[] {
  const text = Buffer.from(secret);
  const encoded = /^(?:rt_|sk_[a-z]+_\w{8}_)?([\w-]{43})(?:\w{6})?$/.exec(secret)?.[1];
  if (encoded !== undefined) return [text, Buffer.from(encoded, 'base64url')];
  return /^[A-Z2-7]{32}$/.test(secret) ? [text, Buffer.from(Secret.fromBase32(secret).bytes)] : [text];
}

function textsOf(secret: string): string[] {
  const encodings = (['hex', 'base64', 'base64url'] as const).flatMap((encoding) =>
    bytesOf(secret).map((bytes) => bytes.toString(encoding).replace(/=+$/, '')),
  );
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encodings])];
}

/** Searches for secrets in every column of every table of a database, whatever its type, in common encodings. */
export async function leaksInDatabase(client: Client, canaries: readonly Canary[]): Promise<SecretLeak[]> {
  const { rows: columns } = await client.query<Column>(
    `SELECT format('%s.%s', table_name, column_name) AS place, format('%I.%I', table_schema, table_name) AS relation,
       format('%I', column_name) AS column, data_type = 'bytea' AS "isBytes"
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const texts = canaries.flatMap(({ name, secret }) => textsOf(secret).map((form) => ({ name, form })));
  const bytes = canaries.flatMap(({ name, secret }) => bytesOf(secret).map((form) => ({ name, form })));
  const found: SecretLeak[] = [];
  for (const { place, relation, column, isBytes } of columns) {
    const forms = isBytes ? bytes : texts;
    const { rows } = await client.query<{ name: string }>(
      `SELECT DISTINCT name FROM unnest($1::text[], $2::${isBytes ? 'bytea' : 'text'}[]) AS canary (name, form)
       WHERE EXISTS (SELECT FROM ${relation} WHERE position(form in ${isBytes ? column : `${column}::text`}) > 0)`,
      [forms.map(({ name }) => name), forms.map(({ form }) => form)],
    );
    found.push(...rows.map(({ name }) => ({ place, name })));
  }
  return found;
}

/** The names of the secrets that a text holds, in common encodings. */
export function leaksIn(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter(({ secret }) => textsOf(secret).some((form) => text.includes(form))).map(({ name }) => name);
}

/** Members with random values that are no secrets: identifiers, positions in lists, and challenges of code verifiers. */
const publicMembers = new Set(['id', 'kid', 'next', 'previous', 'codeChallenge', 'code_challenge']);
/** Words have lower-case letters only. */
const looksRandom = /^(?=.*[0-9A-Z])(?=.*[A-Za-z])[\w.+/=-]{16,}$/;
/** Paths, UUIDs, times and the public part of API keys. */
const isPublic = /^\/|^[0-9a-f]{8}-[0-9a-f-]{27}$|^\d{4}-\d\d-\d\dT|^sk_[a-z]+_\w{8}$/;

/** The random values of a response, which it returns as secrets unless they are known not to be: of its members and cookies. */
export function secretsIn({ body, cookies }: { body: unknown; cookies: readonly string[] }): Canary[] {
  const ofCookies = cookies.map((cookie) => {
    const [, name = '', secret = ''] = /^([^=]*)=([^;]*)/.exec(cookie) ?? [];
    return { name: `cookie ${name}`, secret };
  });
  return [...ofCookies.filter(({ secret }) => secret !== ''), ...membersOf(body, '')];
}

function membersOf(value: unknown, name: string): Canary[] {
  if (typeof value === 'string') {
    if (URL.canParse(value)) return membersOf(Object.fromEntries(new URL(value).searchParams), name);
    const isSecret = !publicMembers.has(name) && looksRandom.test(value) && !isPublic.test(value);
    return isSecret ? [{ name, secret: value }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((one) => membersOf(one, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, one]) => membersOf(one, member));
}
