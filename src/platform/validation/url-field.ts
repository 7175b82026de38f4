import { ValidateBy } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';

export interface UrlOptions extends FieldOptions {
  /** Accepted schemes, in lower case; `https` only when absent. */
  readonly protocols?: readonly string[];
  /** Longest length in characters; 2,048 when absent. */
  readonly max?: number;
}

/** The characters of RFC 3986 §3.3 to §3.5, without those of a scheme and an authority. */
const pathCharacter = "[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}";
const host = String.raw`[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]`;
const afterHost = String.raw`(:\d{1,5})?(/(${pathCharacter}|/)*)?(\?(${pathCharacter}|[/?])*)?(#(${pathCharacter}|[/?])*)?`;

/**
 * An absolute URL (RFC 3986) in ASCII, without user name and password; a host in another script is written in its xn--
 * form. It may lead anywhere, also into the network of the service: check the IP address before the service requests
 * it.
 */
export function UrlField(options: UrlOptions): PropertyDecorator {
  const { protocols = ['https'], max = 2048 } = options;
  assertSchemes(protocols);
  const pattern = new RegExp(`^(${protocols.map(escaped).join('|')})://(${host})${afterHost}$`);
  return field(options, {
    schema: {
      type: 'string',
      format: 'uri',
      minLength: 1,
      maxLength: max,
      pattern: pattern.source,
      example: `${protocols[0] ?? 'https'}://example.com/`,
    },
    validators: [
      ValidateBy({
        name: 'isUrl',
        validator: {
          validate: (value) =>
            typeof value === 'string' && value.length <= max && pattern.test(value) && URL.canParse(value),
          defaultMessage: () => `must be a URL (${protocols.join(', ')}) of at most ${max} characters`,
        },
      }),
    ],
  });
}

/** RFC 3986 §3.1, in lower case. */
function assertSchemes(protocols: readonly string[]): void {
  const invalid = protocols.find((protocol) => !/^[a-z][a-z0-9+.-]*$/.test(protocol));
  if (invalid !== undefined) throw new Error(`'${invalid}' is not a scheme in lower case without a colon`);
}

/** `RegExp.escape` also escapes letters, which RE2 and the document do not need. */
function escaped(scheme: string): string {
  return scheme.replaceAll(/[+.]/g, String.raw`\$&`);
}
