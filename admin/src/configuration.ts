/** What the service writes into the page: see src/features/admin-console/admin-console.module.ts. */
export const configuration = {
  appName: contentOf('app-name') ?? document.title,
  /** Undefined shows the first letter of the name: the policy of the page allows images of its own origin only. */
  logoUrl: ownUrl(contentOf('app-logo-url')),
  /** `#rrggbb`. */
  accentColor: contentOf('app-accent-color') ?? '#2457d6',
  roles: contentOf('roles')?.split(' ') ?? ['user', 'admin'],
  /** The names of the providers at which accounts can be linked. */
  providers: contentOf('providers')?.split(' ') ?? [],
  /** For the style elements that the library of styles adds. */
  nonce: document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce,
  /** Where the service is, with a slash at the end: the console is one level below it. */
  serviceUrl: new URL('../', document.baseURI).href,
} as const;

function contentOf(name: string): string | undefined {
  const content = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  return content === '' ? undefined : content;
}

function ownUrl(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) && new URL(url).origin === location.origin ? url : undefined;
}
