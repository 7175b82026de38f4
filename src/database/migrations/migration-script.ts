/** What the runner must know about the text of a migration. */
export interface MigrationScript {
  /** The leading `SET lock_timeout` and `SET statement_timeout`, with comments. */
  readonly settings: string;
  /** Everything else. It is sent as one message, which PostgreSQL runs in one transaction. */
  readonly body: string;
  /** Whether nothing remains when it fails, so that it may be run again. */
  readonly repeatable: boolean;
  /** Whether it can share its transaction with the note that it is finished: both are there afterwards, or neither. */
  readonly atomic: boolean;
  /** The index that `CREATE INDEX CONCURRENTLY` builds: a failed build leaves it behind, invalid. */
  readonly concurrentIndex: string | undefined;
}

const leadingSettings =
  /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|SET\s+(?:SESSION\s+)?(?:lock_timeout|statement_timeout)\s*(?:=|\sTO\s)[^;]+;)*/i;
const ownTransaction = /^\s*(?:(?:BEGIN|COMMIT)\s*(?:TRANSACTION|WORK)?\s*;|START\s+TRANSACTION\b)/im;
/** What PostgreSQL runs only by itself, or may end the transaction. Said too often, it costs no more than the note. */
const alone =
  /\b(?:CONCURRENTLY|VACUUM|CLUSTER|REINDEX|DATABASE|SYSTEM|TABLESPACE|SUBSCRIPTION|CALL|COMMIT|ROLLBACK|ABORT|PREPARE)\b/i;
const concurrently = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|(\w+))/i;

/**
 * Takes the settings off the text. They are sent by themselves, because `CREATE INDEX CONCURRENTLY` has to be alone in
 * its message.
 */
export function parseScript(sql: string): MigrationScript {
  const settings = leadingSettings.exec(sql)?.[0] ?? '';
  const body = sql.slice(settings.length).trim();
  const repeatable = !ownTransaction.test(body);
  const [, quoted, plain] = concurrently.exec(body) ?? [];
  return {
    settings: settings.trim(),
    body,
    repeatable,
    atomic: repeatable && !alone.test(body),
    concurrentIndex: quoted ?? plain?.toLowerCase(),
  };
}
