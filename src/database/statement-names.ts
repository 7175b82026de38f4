/** Past this many texts a statement stays unnamed: lists of varying length would fill every server process. */
const namedStatementsMax = 500;

/** A short name for each text of a statement, the same for the life of the process. */
export class StatementNames {
  private readonly names = new Map<string, string>();

  /** `prefix` keeps apart those who name statements on the same connections. */
  constructor(private readonly prefix: string) {}

  /** The name for this text; the empty one, which is none, when there are too many already. */
  of(text: string): string {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    if (this.names.size >= namedStatementsMax) return '';
    const name = `${this.prefix}${this.names.size}`;
    this.names.set(text, name);
    return name;
  }
}
