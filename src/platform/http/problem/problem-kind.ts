/** One kind of failure: an entry of the catalogue that /problems, the OpenAPI document and the filter read. */
export interface ProblemKind {
  /** Last segment of the `type` URI, in kebab case. Renaming it is a breaking change. */
  readonly slug: string;
  readonly status: number;
  /** The same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  /** What happened; shown on the page of the problem. */
  readonly description: string;
  /** What the client can do about it. */
  readonly resolution: string;
  /** Extension members of the body (RFC 9457 §3.2). */
  readonly members?: {
    /** JSON Schema by name. */
    readonly properties: Readonly<Record<string, object>>;
    readonly example: Readonly<Record<string, unknown>>;
  };
}

const kinds = new Map<string, ProblemKind>();

/**
 * Declares a kind of problem.
 * @throws Error when the slug is already declared
 */
export function problemKind(kind: ProblemKind): ProblemKind {
  if (kinds.has(kind.slug)) throw new Error(`The problem kind ${kind.slug} is declared twice`);
  kinds.set(kind.slug, kind);
  return kind;
}

/** All kinds declared by the loaded modules, sorted by slug. */
export function problemCatalogue(): readonly ProblemKind[] {
  return [...kinds.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

/** The kind with this slug, or undefined. */
export function findProblemKind(slug: string): ProblemKind | undefined {
  return kinds.get(slug);
}

/** The path of the page about the kind; the `type` member links to it. */
export function problemType(kind: ProblemKind): string {
  return `/problems/${kind.slug}`;
}

/** The `code` member: the slug in snake case, as other enumerated values are written. */
export function problemCode(kind: ProblemKind): string {
  return kind.slug.replaceAll('-', '_');
}
