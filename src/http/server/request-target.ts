/** Leads nowhere, and is refused before that is told. */
const nowhere = '/.unreadable';

/**
 * Origin form (RFC 9112 §3.2.1) with escapes that are UTF-8: this is no proxy, and the query's parser would guess. Behind
 * the token of a mailed link others write parameters of their own, in Latin-1 or with a bare percent sign.
 */
export function isReadableTarget(url: string): boolean {
  if (!url.startsWith('/')) return false;
  const [text = ''] = url.startsWith('/account/') ? url.split('?', 1) : [url];
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** What the router is given. A target that it can't decode it would answer by itself: uncounted, unlogged, without CORS. */
export function routableTarget({ url = '' }: { readonly url?: string | undefined }): string {
  return isReadableTarget(url) ? url : nowhere;
}
