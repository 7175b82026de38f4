/** The sources of each directive; names as in the header. */
type Directives = Readonly<Record<string, readonly string[]>>;

/** These do not fall back to `default-src` (CSP level 3; ASVS 3.4.3). */
const ownDirectives = ['base-uri', 'form-action', 'frame-ancestors'] as const;

/** The value of a Content-Security-Policy header that allows nothing but what the directives name. */
export function contentSecurityPolicy(allowed: Directives): string {
  const none = ["'none'"];
  const denied = ownDirectives.filter((name) => !(name in allowed)).map((name) => [name, none] as const);
  const all = [['default-src', none] as const, ...Object.entries(allowed), ...denied];
  return all.map(([name, sources]) => [name, ...sources].join(' ')).join(';');
}
