import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** A GraphQL document cannot be parsed, or the schema does not allow it. */
export class InvalidGraphqlDocument extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-graphql-document',
    status: 400,
    title: 'GraphQL document is invalid',
    description:
      'The document cannot be parsed, names what the schema does not have, or has variables of another type. Nothing ' +
      'was executed.',
    resolution: 'Correct the document at `locations`; `docs/schema.graphql` has the schema.',
  });
}

/** A GraphQL document exceeds a limit. */
export class GraphqlLimitExceeded extends Problem {
  static override readonly kind = problemKind({
    slug: 'graphql-limit-exceeded',
    status: 400,
    title: 'GraphQL document exceeds a limit',
    description:
      'The document has too many tokens, aliases, levels or operations, or its fields cost too much. Nothing was executed.',
    resolution: 'Request fewer fields or smaller pages, or divide the document.',
  });
}
