/** What the runner must know about the text of a migration. */
export interface MigrationScript {
  /** The leading `SET lock_timeout` and `SET statement_timeout`, with comments. */
  readonly settings: string;
  /** Everything else. It is sent as one message, which PostgreSQL runs in one transaction. */
  readonly body: string;
  /** Whether nothing remains when it fails, so that it may be run again. */
  readonly repeatable: boolean;
  /** The index that `CREATE INDEX CONCURRENTLY` builds: a failed build leaves it behind, invalid. */
  readonly concurrentIndex: string | undefined;
}

const leadingSettings =
  /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|SET\s+(?:SESSION\s+)?(?:lock_timeout|statement_timeout)\s*(?:=|\sTO\s)[^;]+;)*/i;
const ownTransaction = /^\s*(?:(?:BEGIN|COMMIT)\s*(?:TRANSACTION|WORK)?\s*;|START\s+TRANSACTION\b)/im;
const concurrently = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|(\w+))/i;

/**
 * Takes the settings off the text. They are sent by themselves, because `CREATE INDEX CONCURRENTLY` has to be alone in
 * its message.
 */
export function parseScript(sql: string): MigrationScript {
  const settings = leadingSettings.exec(sql)?.[0] ?? '';
  const body = sql.slice(settings.length).trim();
  const [, quoted, plain] = concurrently.exec(body) ?? [];
  return {
    settings: settings.trim(),
    body,
    repeatable: !ownTransaction.test(body),
    concurrentIndex: quoted ?? plain?.toLowerCase(),
  };
}
