/**
 * Builds every link that the service sends. `PUBLIC_URL` may have a path, which a proxy removes before it forwards the
 * request. Routes are passed without that path, such as `/v1/jobs`.
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

  /** A reference relative to the origin, for `Location`, `type`, `href` and `action`. */
  path(route: string): string {
    return this.prefix + route;
  }

  /** An absolute URL, for emails and for the `Link` header. */
  url(route: string): string {
    return this.origin + this.prefix + route;
  }
}
