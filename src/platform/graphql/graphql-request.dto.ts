import { graphqlLimits } from './graphql-limits.ts';
import { AnyObjectField } from '../validation/object-fields.ts';
import { StringField } from '../validation/fields.ts';

/** A request (GraphQL over HTTP §5.3). */
export class GraphqlRequestDto {
  @StringField({ min: 1, max: graphqlLimits.characters, description: 'The document.' })
  readonly query!: string;

  @StringField({
    max: 128,
    pattern: /^[A-Za-z_]\w*$/,
    optional: true,
    nullable: true,
    description: 'The operation of the document to execute, if it has several.',
  })
  readonly operationName?: string | null;

  @AnyObjectField({ optional: true, nullable: true, description: 'The values of the variables.' })
  readonly variables?: Record<string, unknown> | null;

  @AnyObjectField({ optional: true, nullable: true, description: 'Ignored.' })
  readonly extensions?: object | null;
}
