/**
 * The Content-Digest of a file (RFC 9530), by which the service recognises a repeated upload. Undefined where browsers
 * compute none: on HTTP, except for localhost.
 */
export async function contentDigest(file: Blob): Promise<string | undefined> {
  if (!isSecureContext) return undefined;
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(hash)))}:`;
}
