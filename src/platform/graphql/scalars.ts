import { GraphQLScalarType, valueFromASTUntyped } from 'graphql';
import { parseStrictJson } from '../http/server/strict-json.ts';

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
  // By the rules of a body; graphql makes objects without a prototype.
  parseLiteral: (nodes, variables) =>
    parseStrictJson(Buffer.from(JSON.stringify(valueFromASTUntyped(nodes, variables)))),
});
