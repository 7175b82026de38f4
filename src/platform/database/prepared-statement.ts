/** A statement that each connection parses and plans once. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** A prepared statement with its parameters. */
export interface BoundStatement {
  readonly statement: PreparedStatement;
  readonly values: readonly unknown[];
}

/** Further statements stay unnamed: every connection of the server keeps each named statement in memory. */
const maxNames = 500;

/** Assigns each statement text a short name, for the lifetime of the process. */
export class StatementNames {
  private readonly names = new Map<string, string>();

  /** @param prefix different for each user of names on the same connections */
  constructor(private readonly prefix: string) {}

  /** Returns the name of this text, or '' (unnamed) when `maxNames` are in use. */
  of(text: string): string {
    const existing = this.names.get(text);
    if (existing !== undefined) return existing;
    if (this.names.size >= maxNames) return '';
    const name = `${this.prefix}${this.names.size}`;
    this.names.set(text, name);
    return name;
  }
}
