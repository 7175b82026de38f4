/** The properties of a migration script that the runner needs. */
export interface MigrationScript {
  /** The leading `SET lock_timeout` and `SET statement_timeout`, with comments. */
  readonly settings: string;
  /** The other statements, sent as one message, which PostgreSQL runs in one transaction. */
  readonly body: string;
  /** Whether a failure leaves nothing, so that the script may be run again. */
  readonly repeatable: boolean;
  /** Whether its record can be finished in the same transaction: both are committed, or neither. */
  readonly atomic: boolean;
  /** The index that `CREATE INDEX CONCURRENTLY` builds; a failed build leaves an invalid index. */
  readonly concurrentIndex: string | undefined;
}

const leadingSettings =
  /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|SET\s+(?:SESSION\s+)?(?:lock_timeout|statement_timeout)\s*(?:=|\sTO\s)[^;]+;)*/i;
const ownTransaction = /^\s*(?:(?:BEGIN|COMMIT)\s*(?:TRANSACTION|WORK)?\s*;|START\s+TRANSACTION\b)/im;
/** Commands that cannot run in a transaction, or may end it. A false match only finishes the record separately. */
const nonTransactional =
  /\b(?:CONCURRENTLY|VACUUM|CLUSTER|REINDEX|DATABASE|SYSTEM|TABLESPACE|SUBSCRIPTION|CALL|COMMIT|ROLLBACK|ABORT|PREPARE)\b/i;
const concurrently = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|(\w+))/i;

/** Separates the leading settings: `CREATE INDEX CONCURRENTLY` must be the only statement of its message. */
export function parseScript(sql: string): MigrationScript {
  const settings = leadingSettings.exec(sql)?.[0] ?? '';
  const body = sql.slice(settings.length).trim();
  const repeatable = !ownTransaction.test(body);
  const [, quoted, plain] = concurrently.exec(body) ?? [];
  return {
    settings: settings.trim(),
    body,
    repeatable,
    atomic: repeatable && !nonTransactional.test(body),
    concurrentIndex: quoted ?? plain?.toLowerCase(),
  };
}
