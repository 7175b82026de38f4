/** Where a login leads to instead of the account screens: the client that holds the verifier of the challenge. */
export interface Destination {
  /** One of AUTH_OAUTH_REDIRECTS. */
  readonly redirect: string;
  /** S256 (RFC 7636). */
  readonly codeChallenge: string;
}

/** Undefined without a redirect; the parameters have been validated. */
export function destinationOf({ redirect, codeChallenge }: Partial<Destination>): Destination | undefined {
  return redirect === undefined || codeChallenge === undefined ? undefined : { redirect, codeChallenge };
}

/**
 * The source for `form-action` of a page whose submission ends at the destination: browsers apply the directive to
 * redirects too.
 */
export function formTargetOf({ redirect }: Destination): string {
  const { origin, protocol } = new URL(redirect);
  return origin === 'null' ? protocol : origin;
}
