import { isIP, isIPv6 } from 'node:net';
import { isAndroidOrigin } from './variables/passkeys.ts';

/** What authenticators sign for (WebAuthn §5.1.3, §13.4.9). */
export interface PasskeyConfig {
  /** The relying party: a domain. */
  readonly rpId: string;
  /** The origins of the pages and Android apps that may use passkeys. */
  readonly origins: readonly string[];
}

/** The variables that passkeys depend on. */
interface PasskeyVariables {
  readonly HOST: string;
  readonly PORT: number;
  readonly PUBLIC_URL: string | undefined;
  readonly APP_URL: string | undefined;
  readonly AUTH_PASSKEY_RP_ID: string | undefined;
  readonly AUTH_PASSKEY_ORIGINS: readonly string[] | undefined;
}

/** The URL of the service; by default for clients on this machine, which cannot connect to a wildcard IP address. */
export function publicUrlOf({ PUBLIC_URL: url, HOST: host, PORT: port }: PasskeyVariables): string {
  if (url !== undefined) return url;
  const reachable = { '0.0.0.0': 'localhost', '::': 'localhost' }[host] ?? host;
  return urlForBrowsers(`http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`);
}

/** The same URL with localhost instead of a loopback IP address, for which browsers have no passkeys. */
export function urlForBrowsers(url: string): string {
  return url.replace(/^http:\/\/(127\.0\.0\.1|\[::1\])(?=[:/]|$)/, 'http://localhost');
}

/** Undefined when the service is reached by an IP address only, for which browsers have no passkeys. */
export function passkeyConfig(variables: PasskeyVariables): PasskeyConfig | undefined {
  const { APP_URL: appUrl, AUTH_PASSKEY_RP_ID: domain, AUTH_PASSKEY_ORIGINS: origins } = variables;
  const publicUrl = publicUrlOf(variables);
  // A HOST that is no host name is reported when the service listens on it.
  const pages = [appUrl ?? publicUrl, publicUrl]
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(urlForBrowsers(url)));
  const rpId = domain ?? pages[0]?.hostname;
  if (rpId === undefined || isIP(rpId.replaceAll(/[[\]]/g, '')) !== 0) return undefined;
  const own = pages.filter(({ hostname }) => isWithin(rpId, hostname)).map(({ origin }) => origin);
  return { rpId, origins: origins ?? [...new Set(own)] };
}

/** The errors of variables that are valid one by one. */
export function passkeyErrors(variables: PasskeyVariables): string[] {
  const config = passkeyConfig(variables);
  if (config === undefined) {
    if (variables.AUTH_PASSKEY_ORIGINS === undefined) return [];
    return ['AUTH_PASSKEY_ORIGINS: needs AUTH_PASSKEY_RP_ID, because APP_URL or PUBLIC_URL has an IP address'];
  }
  if (config.origins.length === 0)
    return ['AUTH_PASSKEY_RP_ID: neither APP_URL nor PUBLIC_URL belongs to this domain; set AUTH_PASSKEY_ORIGINS'];
  return config.origins.flatMap((origin, index) =>
    isAndroidOrigin(origin) || isWithin(config.rpId, new URL(origin).hostname)
      ? []
      : [`AUTH_PASSKEY_ORIGINS: entry ${index + 1} has a host that is neither ${config.rpId} nor below it`],
  );
}

/** A relying party is the domain of the page, or one above it. */
function isWithin(rpId: string, hostname: string): boolean {
  return hostname === rpId || hostname.endsWith(`.${rpId}`);
}
