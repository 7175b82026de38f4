/** What the guards need to have written down; the audit feature implements it. */
export abstract class Denials {
  /** A known caller was refused. Committed on its own before the refusal is answered. */
  abstract forbidden(reason: string): Promise<void>;
}
