/** The longest name that the document allows, in code points. */
const maxLength = 256;

/** The name of a query parameter as an error tells it: a client may send any, also a long one and one with U+0000. */
export function parameterName(sent: string): string {
  return Array.from(sent.replaceAll('\u0000', '\ufffd')).slice(0, maxLength).join('');
}
