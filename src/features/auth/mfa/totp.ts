import { Secret, TOTP } from 'otpauth';

/** Bytes of a secret: the length of the HMAC, as RFC 4226 §4 recommends. */
const secretBytes = 20;

/** Authenticator apps ignore other parameters. */
const parameters = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** A random secret in Base32, as users enter it into an authenticator app. */
export function newTotpSecret(): string {
  return new Secret({ size: secretBytes }).base32;
}

/** The URI that authenticator apps read from a QR code; they show the issuer as the name of the account. */
export function otpauthUri(secret: string, email: string, issuer: string): string {
  return new TOTP({ ...parameters, issuer, label: email, secret: Secret.fromBase32(secret) }).toString();
}

/**
 * The time step (RFC 6238 §4.2) whose code this is; undefined when it is the code of none.
 *
 * @param code digits; spaces and hyphens are ignored
 * @param window steps before and after the current one that are accepted, 0 to 2
 * @param now milliseconds since 1970
 */
export function totpStep(secret: string, code: string, window: number, now = Date.now()): number | undefined {
  const totp = new TOTP({ ...parameters, secret: Secret.fromBase32(secret) });
  const token = code.replaceAll(/[\s-]/g, '');
  // otpauth throws for six characters that are more than six bytes.
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const delta = totp.validate({ token, window, timestamp: now });
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta;
}
