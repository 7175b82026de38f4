/** A link of a response. */
export interface FoundLink {
  readonly method: 'GET' | 'POST';
  /** Absolute: resolved against the URL of the response. */
  readonly url: string;
}

const noQuotes = `[^"'<>]`;
const attribute = new RegExp(`<(\\w+)[^>]*?\\b(href|src|action)=["'](${noQuotes}+)["']`, 'g');

/** Every link in a response: its Location and Link headers, those of its markup, and the references in its JSON. */
export async function linksIn(reply: Response): Promise<FoundLink[]> {
  const text = await reply.clone().text();
  const type = reply.headers.get('content-type') ?? '';
  const links = [
    ...headerLinks(reply.headers),
    ...(type.startsWith('text/html') ? markupLinks(text) : []),
    ...(/json/.test(type) ? jsonLinks(JSON.parse(text)) : []),
  ];
  return links.map(({ method, url }) => ({ method, url: new URL(url, reply.url).href }));
}

function headerLinks(headers: Headers): FoundLink[] {
  const location = headers.get('location');
  const linked = [...(headers.get('link') ?? '').matchAll(/<([^>]*)>/g)].map(([, url = '']) => get(url));
  return [...(location === null ? [] : [get(location)]), ...linked];
}

function markupLinks(text: string): FoundLink[] {
  return [...text.matchAll(attribute)].map(([, , name, value = '']) => {
    const url = value.replaceAll('&amp;', '&');
    return name === 'action' ? { method: 'POST', url } : get(url);
  });
}

/**
 * References in problems, in lists of problems, of the service and of mails; a server of the document is a base, and no
 * link.
 */
function jsonLinks(value: unknown): FoundLink[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (['example', 'examples', 'paths', 'servers'].includes(name)) return [];
    if (name === 'description' && typeof member === 'string') return markdownLinks(member);
    if (typeof member !== 'string') return jsonLinks(member);
    return /^(\/|https?:\/\/127\.0\.0\.1)/.test(member) ? [get(member)] : [];
  });
}

function markdownLinks(text: string): FoundLink[] {
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, url = '']) => get(url));
}

function get(url: string): FoundLink {
  return { method: 'GET', url };
}
