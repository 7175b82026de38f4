import { checkedList } from './values.ts';

/** URLs to which a login may return, separated by commas, each exactly as requests name it. */
export const redirects = checkedList(redirectError);

/** The scheme of an app: a domain of its owner in reverse order (RFC 8252 §7.1). */
const appScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

function redirectError(value: string): string | undefined {
  if (!URL.canParse(value)) return 'must be an absolute URL';
  const { protocol, hostname, hash, username, password, searchParams } = new URL(value);
  if (value.includes('*')) return 'has a wildcard: name each URL';
  if (value.length > 512) return 'must have at most 512 characters';
  if (hash !== '' || value.includes('#')) return 'must have no fragment';
  if (username !== '' || password !== '') return 'must have no user name and password';
  if (searchParams.has('code') || searchParams.has('error')) return 'must have no parameter code or error';
  if (protocol === 'https:' || appScheme.test(protocol)) return undefined;
  if (protocol === 'http:' && isLoopback(hostname)) return undefined;
  return 'must begin with https://, with http:// and a loopback host, or with the scheme of an app (com.example.app:/)';
}

/** Whether a host of a URL is this machine (RFC 6761 §6.3, RFC 8252 §7.3). */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
