/** One way in which a request can fail: an entry of the catalogue that /problems, the document and the filter read. */
export interface ProblemKind {
  /** Last segment of the problem's `type` URI, kebab-case and stable for ever. */
  readonly slug: string;
  readonly status: number;
  /** The same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  /** What has happened, for the reader of the problem's page. */
  readonly meaning: string;
  /** What the client should do. */
  readonly remedy: string;
  /** Members of the body beyond those of every problem (RFC 9457 §3.2). */
  readonly members?: {
    /** JSON Schema by name. */
    readonly properties: Readonly<Record<string, object>>;
    readonly example: Readonly<Record<string, unknown>>;
  };
}

const kinds = new Map<string, ProblemKind>();

/** Declares a kind of problem. Each slug is declared once; a second declaration is refused when the module loads. */
export function problemKind(kind: ProblemKind): ProblemKind {
  if (kinds.has(kind.slug)) throw new Error(`The problem kind ${kind.slug} is declared twice`);
  kinds.set(kind.slug, kind);
  return kind;
}

/** All kinds that the loaded modules declare, by slug. */
export function problemCatalogue(): readonly ProblemKind[] {
  return [...kinds.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

/** The kind with this slug, if one is declared. */
export function findProblemKind(slug: string): ProblemKind | undefined {
  return kinds.get(slug);
}

/** The route that explains the kind: what the `type` member links to. */
export function problemType(kind: ProblemKind): string {
  return `/problems/${kind.slug}`;
}

/** The `code` member: the slug in the form of the other enumerated values. */
export function problemCode(kind: ProblemKind): string {
  return kind.slug.replaceAll('-', '_');
}
