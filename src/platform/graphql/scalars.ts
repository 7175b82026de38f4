import { GraphQLScalarType, valueFromASTUntyped } from 'graphql';

/** A time as the API writes it: the rules of the field validate it. */
export const DateTime = new GraphQLScalarType<unknown, unknown>({
  name: 'DateTime',
  description: 'A date and time (RFC 3339), in UTC in results.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
});

/** A JSON value of any shape: its consumer validates it. */
export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'A JSON value (RFC 8259).',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  parseValue: (value) => value,
  parseLiteral: valueFromASTUntyped,
});
