/**
 * Every link that the service gives out begins here: `PUBLIC_URL` may have a path, which a proxy takes off before the
 * service is asked. Routes are named as the service knows them, such as `/v1/jobs`.
 */
export class Links {
  private readonly origin: string;
  /** The path of PUBLIC_URL; empty without one. */
  private readonly prefix: string;

  constructor(publicUrl: string) {
    const { origin, pathname } = new URL(publicUrl);
    this.origin = origin;
    this.prefix = pathname.replace(/\/+$/, '');
  }

  /** A reference for clients that are on the origin already: what `Location`, `type`, `href` and `action` hold. */
  path(route: string): string {
    return this.prefix + route;
  }

  /** A whole URL, for mails and for the `Link` header. */
  url(route: string): string {
    return this.origin + this.prefix + route;
  }
}
